/** Exit codes of the command-line contract (docs: `cordon --help`); everything else is the command's own. */
export const exitCode = {
  ok: 0,
  /** `check`, `doctor`, `verify`: something is wrong */
  wrong: 1,
  /** the time limit was over before the command ended */
  timedOut: 124,
  /** Cordon refuses or fails */
  refused: 125,
  /** the command exists but may not run */
  notExecutable: 126,
  /** the command is not found */
  notFound: 127,
} as const
