/** Settings that make Chromium and its kin work without the sandbox of their own that cannot work inside ours. */

/** Where the Node preload lies inside; a fixed path without spaces, because NODE_OPTIONS splits at them. */
export const preloadPath = "/run/cordon/no-sandbox.cjs"

/**
 * What makes Chromium, Electron and Playwright do without a sandbox of their own.
 * @param environment what the command would see without us; its own flags are kept
 */
export function noSandboxVariables(environment: Readonly<Record<string, string>>): Record<string, string> {
  const added = (before: string | undefined, flag: string) => [before, flag].filter(Boolean).join(" ")
  return {
    ELECTRON_DISABLE_SANDBOX: "1",
    PLAYWRIGHT_MCP_NO_SANDBOX: "1",
    CHROMIUM_FLAGS: added(environment.CHROMIUM_FLAGS, "--no-sandbox"),
    NODE_OPTIONS: added(environment.NODE_OPTIONS, `--require=${preloadPath}`),
  }
}
