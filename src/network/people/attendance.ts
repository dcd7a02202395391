/** Who could answer a question: a person at the terminal of the session, or at a desktop that shows notices. */
import { closeSync, constants, existsSync, openSync } from "node:fs"

type Environment = Readonly<Record<string, string | undefined>>

/**
 * Where notify-send(1) may lie. Not the PATH: it may hold a directory that the sandbox writes to, and what lies there must
 * have no say in what runs on the host.
 */
const places = [
  "/usr/bin/notify-send",
  "/usr/local/bin/notify-send",
  "/run/current-system/sw/bin/notify-send",
]

/** The program that shows notices on this person's desktop, undefined where there is none of both. */
export function findNotifier(
  environment: Environment,
  candidates: readonly string[] = places,
): string | undefined {
  const { DISPLAY, WAYLAND_DISPLAY, DBUS_SESSION_BUS_ADDRESS, XDG_RUNTIME_DIR } = environment
  if (!DISPLAY && !WAYLAND_DISPLAY) return undefined
  // Without a bus the program would start one.
  if (!DBUS_SESSION_BUS_ADDRESS && !(XDG_RUNTIME_DIR && existsSync(`${XDG_RUNTIME_DIR}/bus`)))
    return undefined
  return candidates.find(path => existsSync(path))
}

/** Whether this process has a controlling terminal: it opens as `/dev/tty` (tty(4)). */
export function hasTerminal(): boolean {
  try {
    const { O_RDWR, O_NOCTTY, O_NONBLOCK } = constants
    closeSync(openSync("/dev/tty", O_RDWR | O_NOCTTY | O_NONBLOCK))
    return true
  } catch (cause) {
    // ENXIO: there is none. Any other error says as well that nobody can be reached there.
    if ((cause as NodeJS.ErrnoException).code === undefined) throw cause
    return false
  }
}
