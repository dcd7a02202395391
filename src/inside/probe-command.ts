/** The command of the sandbox that `cordon verify` starts: Cordon itself, told by a word to be the probe. */

export const probeWord = "inside-probe"

/** Whether a session is there to be tried, so that nothing it does is anybody's. */
export function isProbe(command: readonly string[]): boolean {
  return command.length === 2 && command[0] === process.execPath && command[1] === probeWord
}
