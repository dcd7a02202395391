/** How the control socket of a running session is called, before the session's id; abstract (unix(7)). */
export const controlPrefix = "cordon/"
