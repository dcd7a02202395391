/** Hears of the questions of all running sessions as they come, those of sessions that start later too. */
import { boundSessions } from "../host/sockets.ts"
import { connectSession } from "../network/people/control-client.ts"
import type { SessionStatus } from "../network/people/control-messages.ts"
import { keyOf } from "./approve-dialog.ts"
import { type Asked, questionsOf } from "./approve-request.ts"

/** How often new sessions are looked for; a session tells of its questions by itself. */
const lookMs = 500

export type Watching = Disposable & {
  /** waits until there is a question that the person has not dealt with */
  next(done: ReadonlySet<string>): Promise<Asked>
}

export function watchQuestions(): Watching {
  const sessions = new Map<string, SessionStatus>()
  const connections = new Map<string, { close(): void }>()
  let look: (() => void) | undefined
  const connect = (session: string) => {
    const connection = connectSession(
      session,
      { kind: "watch" },
      {
        onReply: reply => {
          if (reply.kind !== "status") return
          sessions.set(session, reply.status)
          look?.()
        },
        onEnd: () => {
          sessions.delete(session)
          connections.delete(session)
        },
      },
    )
    connections.set(session, connection)
  }
  const search = () => {
    for (const session of boundSessions()) if (!connections.has(session)) connect(session)
  }
  search()
  const timer = setInterval(search, lookMs)
  return {
    next: done =>
      new Promise(resolve => {
        look = () => {
          const found = questionsOf([...sessions.values()]).find(asked => !done.has(keyOf(asked)))
          if (found === undefined) return
          look = undefined
          resolve(found)
        }
        look()
      }),
    [Symbol.dispose]: () => {
      clearInterval(timer)
      for (const { close } of [...connections.values()]) close()
    },
  }
}
