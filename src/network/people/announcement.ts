/** Tells people that a connection waits: on stderr, and on the desktop where there is one. */
import { writeSync } from "node:fs"
import { printable } from "../../base/printable.ts"
import { readsKeys } from "../../kernel/terminal-mode.ts"
import { programText, type Question } from "./question.ts"

export type AnnouncementRequest = {
  /** says a line to the person */
  tell: (text: string) => void
  /** nothing but errors is to be said */
  quiet: boolean
  /** notify-send(1), undefined where there is no desktop */
  notifier: string | undefined
  environment: Readonly<Record<string, string | undefined>>
}

const linesMax = 20
const placeMax = 100
/** A desktop shows notices for some seconds. */
const noticesMs = 2_000
const standardError = 2

/** Says each question once. The hosts that a program asks for are its own choice, so what is said is bounded. */
export function announcer({
  tell,
  quiet,
  notifier,
  environment,
}: AnnouncementRequest): (question: Question) => void {
  let lines = 0
  let lastNotice = Number.NEGATIVE_INFINITY
  return question => {
    const text = askedFor(question)
    if (!quiet) sayOnTerminal(++lines, text, tell)
    const now = performance.now()
    if (notifier === undefined || now - lastNotice < noticesMs) return
    lastNotice = now
    notify(notifier, text, environment)
  }
}

/** `example.com:443 is asked for by curl`; of a long name the end, which says whose it is. */
export function askedFor({ host, port, program }: Question): string {
  const place = printable(host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`)
  const shown = place.length > placeMax ? `…${place.slice(-placeMax)}` : place
  return `${shown} is asked for by ${programText(program)}`
}

function sayOnTerminal(lines: number, text: string, tell: (text: string) => void): void {
  if (lines > linesMax) return
  // Over the screen of a program that draws all of it a line would be noise, and gone with the next picture.
  if (readsKeys(standardError) === true) ringBell()
  else tell(lines < linesMax ? `${text}: cordon approve` : "more hosts are asked for: cordon approve")
}

function ringBell(): void {
  try {
    writeSync(standardError, "\x07")
  } catch (cause) {
    // Nobody is there any more, or nobody in time.
    const { code } = cause as NodeJS.ErrnoException
    if (code !== "EPIPE" && code !== "EAGAIN" && code !== "EIO") throw cause
  }
}

/** Of the environment only what leads to the desktop. */
const passed = [
  "DISPLAY",
  "WAYLAND_DISPLAY",
  "XAUTHORITY",
  "DBUS_SESSION_BUS_ADDRESS",
  "XDG_RUNTIME_DIR",
  "HOME",
  "LANG",
]

function notify(program: string, text: string, environment: AnnouncementRequest["environment"]): void {
  // The body is markup (Desktop Notifications Specification).
  const body = text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;")
  const words = ["--app-name=Cordon", "--", "A connection waits: cordon approve", body]
  const env = Object.fromEntries(
    passed.flatMap(name => (environment[name] ? [[name, environment[name]]] : [])),
  )
  try {
    const child = Bun.spawn([program, ...words], { cwd: "/", env, stdio: ["ignore", "ignore", "ignore"] })
    child.unref()
  } catch (cause) {
    // It cannot be started (ENOENT, EACCES, EAGAIN …): the question is on stderr and in `cordon approve` all the same.
    if ((cause as NodeJS.ErrnoException).code === undefined) throw cause
  }
}
