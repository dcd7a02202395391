// A scripted model on loopback: it answers with one shell command after the other, then with a last text.
// It keeps no state but a record: which step is due follows from the tool results in the request, so
// side requests (titles, token counts, retries) do not move the script on.
import { anthropic } from "./anthropic.ts"
import { type Conversation, renderEvents, type Tool, type Turn } from "./dialect.ts"
import { chat, responses } from "./openai.ts"

/** What the model does: commands for the agent's shell tool, then a final text. */
export type Script = { commands: readonly string[]; final: string }

/** A running endpoint. */
export type Model = AsyncDisposable & {
  /** address without a path */
  url: string
  /** all request bodies received, as text */
  requests: readonly string[]
  /** what the agent sent back for each command so far */
  results: () => readonly string[]
  /** requests nobody could answer: "METHOD /path: why" */
  failures: readonly string[]
}

const dialects = [anthropic, responses, chat]

/** The shell tool of Claude Code, OpenCode and Codex. */
const shellNames = ["Bash", "bash", "exec_command"]

/** Starts the endpoint on a free port of 127.0.0.1. */
export function startModel(script: Script): Model {
  const requests: string[] = []
  const failures: string[] = []
  let results: readonly string[] = []

  const server = Bun.serve({
    hostname: "127.0.0.1",
    port: 0,
    idleTimeout: 60,
    fetch: async request => {
      const { pathname } = new URL(request.url)
      const text = await request.text()
      requests.push(text)
      if (pathname === "/v1/models") return Response.json({ object: "list", data: [{ id: "scripted" }] })
      if (pathname === "/v1/messages/count_tokens") return Response.json({ input_tokens: 1 })
      if (request.method === "HEAD") return new Response()

      try {
        const dialect = dialects.find(({ path }) => path === pathname)
        if (dialect === undefined) throw new Error("no such endpoint")
        const conversation = dialect.read(JSON.parse(text))
        if (conversation.results.length > results.length) results = conversation.results
        const events = dialect.events(nextTurn(script, conversation))
        return new Response(renderEvents(events), { headers: { "content-type": "text/event-stream" } })
      } catch (error) {
        failures.push(`${request.method} ${pathname}: ${error}`)
        return Response.json({ error: { message: String(error) } }, { status: 404 })
      }
    },
  })

  return {
    url: `http://127.0.0.1:${server.port}`,
    requests,
    failures,
    results: () => results,
    [Symbol.asyncDispose]: () => server.stop(true),
  }
}

/** The turn that a conversation has come to. */
function nextTurn(script: Script, { tools, results }: Conversation): Turn {
  const shell = tools.find(({ name }) => shellNames.includes(name))
  if (shell === undefined) return { kind: "text", text: "a title" }
  const command = script.commands[results.length]
  if (command === undefined) return { kind: "text", text: script.final }
  const id = `call_${results.length}_${crypto.randomUUID().slice(0, 8)}`
  return { kind: "call", id, name: shell.name, input: shellInput(shell, command) }
}

/** The arguments of the agent's shell tool, under the names that it gives them. */
function shellInput({ arguments: known }: Tool, command: string): Record<string, unknown> {
  return {
    ...(known.includes("cmd") ? { cmd: command } : { command }),
    ...(known.includes("description") ? { description: "Run a scripted command" } : {}),
    // Codex reports a command that takes longer as still running, and the script would be a step ahead.
    ...(known.includes("yield_time_ms") ? { yield_time_ms: 30_000 } : {}),
  }
}
