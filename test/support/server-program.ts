/** Real servers, started as programs of their own. */

/** Takes any word for a method, as Python's wsgiref does, and says which of its hosts was asked for. */
export const anyMethod = `
from wsgiref.simple_server import make_server
def answer(asked, start):
    start("200 OK", [])
    return [("site " + asked["HTTP_HOST"]).encode()]
server = make_server("127.0.0.1", 0, answer)
print(server.server_port, flush=True)
server.serve_forever()`

/** @param words that say a line first, once they listen @returns what they said */
export async function serverProgram(words: readonly string[]) {
  const server = Bun.spawn([...words], { stdio: ["ignore", "pipe", "ignore"] })
  const { value } = await server.stdout.getReader().read()
  const close = async () => {
    server.kill("SIGKILL")
    await server.exited
  }
  return { said: Buffer.from(value ?? []).toString(), [Symbol.asyncDispose]: close }
}

/** @param code of Python's that says its port first */
export async function pythonServer(code: string) {
  const server = await serverProgram(["python3", "-c", code])
  return { ...server, port: Number(server.said) }
}
