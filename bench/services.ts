/** Services of this machine that programs inside and outside talk to: bytes in either direction, and an echo. */

export type Services = { web: number; echo: number }

/** What one transfer moves. */
export const megabytes = 400

function serve(): Services {
  const chunk = new Uint8Array(1 << 20)
  const web = Bun.serve({
    hostname: "127.0.0.1",
    port: 0,
    maxRequestBodySize: 2 ** 40,
    async fetch(request) {
      if (request.body !== null && request.method === "PUT") {
        for await (const _ of request.body);
        return new Response("taken")
      }
      let left = megabytes
      return new Response(
        new ReadableStream({
          pull(controller) {
            if (left-- > 0) controller.enqueue(chunk)
            else controller.close()
          },
        }),
      )
    },
  })
  const echo = Bun.listen({
    hostname: "127.0.0.1",
    port: 0,
    socket: { data: (socket, bytes) => void socket.write(bytes) },
  })
  return { web: web.port ?? 0, echo: echo.port }
}

/** The services run in a process of their own: else they and the clients would wait for each other. */
export async function withServices<T>(act: (services: Services) => Promise<T>): Promise<T> {
  const child = Bun.spawn([process.execPath, import.meta.path, "serve"], { stdout: "pipe", stdin: "pipe" })
  const { value } = await child.stdout.getReader().read()
  try {
    return await act(JSON.parse(Buffer.from(value ?? []).toString()) as Services)
  } finally {
    child.kill("SIGKILL")
  }
}

if (import.meta.main && process.argv[2] === "serve") {
  const { web, echo } = serve()
  console.log(JSON.stringify({ web, echo }))
}
