import { describe, expect, test } from "bun:test"
import { hostPointers, neverFromProject } from "../../src/command/host-variables.ts"

/** As the policy compares names: `*` for any letters, without regard to case. */
function isNever(name: string): boolean {
  return neverFromProject.some(pattern => new RegExp(`^${pattern.replaceAll("*", ".*")}$`, "i").test(name))
}

describe("a project may never set", () => {
  test.each([
    "LD_PRELOAD",
    "LD_LIBRARY_PATH",
    "LD_AUDIT",
    "DYLD_INSERT_LIBRARIES",
    "BASH_ENV",
    "ENV",
    "PROMPT_COMMAND",
    "BASH_FUNC_ls",
    "BASH_FUNC_ls%%",
    "SHELLOPTS",
    "PS4",
    "IFS",
    "ZDOTDIR",
    "GIT_CONFIG_COUNT",
    "GIT_CONFIG_KEY_0",
    "GIT_CONFIG_VALUE_0",
    "GIT_CONFIG_PARAMETERS",
    "GIT_CONFIG_GLOBAL",
    "GIT_CONFIG",
    "GIT_DIR",
    "GIT_WORK_TREE",
    "GIT_EXEC_PATH",
    "GIT_TEMPLATE_DIR",
    "GIT_SSH",
    "GIT_SSH_COMMAND",
    "GIT_ASKPASS",
    "GIT_PROXY_COMMAND",
    "GIT_EXTERNAL_DIFF",
    "GIT_PAGER",
    "NODE_OPTIONS",
    "PYTHONSTARTUP",
    "PYTHONPATH",
    "PERL5OPT",
    "PERL5LIB",
    "RUBYOPT",
    "JAVA_TOOL_OPTIONS",
    "_JAVA_OPTIONS",
    "RUSTC_WRAPPER",
    "CARGO_BUILD_RUSTC_WRAPPER",
    "HTTP_PROXY",
    "HTTPS_PROXY",
    "ALL_PROXY",
    // lower case is what curl and git read
    "http_proxy",
    "https_proxy",
    "all_proxy",
    "ld_preload",
  ])("%s", name => {
    expect(isNever(name)).toBe(true)
  })
})

describe("a project may set", () => {
  test.each([
    "EDITOR",
    "LANG",
    "NODE_ENV",
    "CI",
    "GIT_AUTHOR_NAME",
    "GIT_COMMITTER_EMAIL",
    "GIT_TERMINAL_PROMPT",
    "OLD_PATH",
    "BUILD_ID",
    "ENVIRONMENT",
    "MY_ENV",
    "PYTHONUNBUFFERED",
    "JAVA_HOME",
    "RUSTFLAGS",
    "DISPLAY_NAME",
    "DOCKER_HOSTNAME",
  ])("%s", name => {
    expect(isNever(name)).toBe(false)
  })
})

describe("pointers to host services", () => {
  test.each([
    "DBUS_SESSION_BUS_ADDRESS",
    "DISPLAY",
    "WAYLAND_DISPLAY",
    "XAUTHORITY",
    "DOCKER_HOST",
    "CONTAINER_HOST",
    "KUBECONFIG",
    "GPG_AGENT_INFO",
    "XDG_RUNTIME_DIR",
    "TMUX",
    "STY",
    "VSCODE_IPC_HOOK*",
    "VSCODE_GIT_*",
    "CURSOR_TRACE_ID",
  ])("name %s, and a project may not set it", name => {
    expect(hostPointers).toContain(name)
    expect(neverFromProject).toContain(name)
  })
})

test.each([
  ["neverFromProject", neverFromProject],
  ["hostPointers", hostPointers],
] as const)("%s names nothing twice, and only names", (_, list) => {
  expect([...new Set(list)]).toEqual([...list])
  for (const name of list) expect(name).toMatch(/^[A-Z_][A-Z0-9_]*\*?$/)
})
