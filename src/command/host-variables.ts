/**
 * Variables that make programs load code or run commands, and variables that point at services of the host.
 * `*` stands for any letters; compare without regard to case, as most programs read the proxy variables in both.
 */

/** Code or command lines that a program takes from its environment before it does anything else. */
const codeLoaders: readonly string[] = [
  // the dynamic linker and libc
  "LD_*",
  "DYLD_*",
  "GCONV_PATH",
  // shells
  "BASH_ENV",
  "ENV",
  "PROMPT_COMMAND",
  "BASH_FUNC_*",
  "SHELLOPTS",
  "BASHOPTS",
  "PS4",
  "IFS",
  "ZDOTDIR",
  // git: settings, directories and programs of its choice
  "GIT_CONFIG*",
  "GIT_DIR",
  "GIT_COMMON_DIR",
  "GIT_WORK_TREE",
  "GIT_EXEC_PATH",
  "GIT_TEMPLATE_DIR",
  "GIT_SSH",
  "GIT_SSH_COMMAND",
  "GIT_ASKPASS",
  "SSH_ASKPASS",
  "GIT_PROXY_COMMAND",
  "GIT_EXTERNAL_DIFF",
  "GIT_PAGER",
  "GIT_EDITOR",
  "GIT_SEQUENCE_EDITOR",
  // language runtimes; Cordon appends to NODE_OPTIONS itself
  "NODE_OPTIONS",
  "BUN_OPTIONS",
  "PYTHONSTARTUP",
  "PYTHONPATH",
  "PYTHONHOME",
  "PERL5OPT",
  "PERL5LIB",
  "PERLLIB",
  "PERL5DB",
  "RUBYOPT",
  "RUBYLIB",
  "JAVA_TOOL_OPTIONS",
  "JDK_JAVA_OPTIONS",
  "_JAVA_OPTIONS",
  "RUSTC_WRAPPER",
  "RUSTC_WORKSPACE_WRAPPER",
  "CARGO_BUILD_RUSTC_WRAPPER",
  "CARGO_BUILD_RUSTC_WORKSPACE_WRAPPER",
]

/** Pointers to services of the host: nothing inside may reach those, and the names alone tell about the host. */
export const hostPointers: readonly string[] = [
  "DBUS_SESSION_BUS_ADDRESS",
  "DBUS_SYSTEM_BUS_ADDRESS",
  "DBUS_STARTER_ADDRESS",
  "DISPLAY",
  "WAYLAND_DISPLAY",
  "WAYLAND_SOCKET",
  "XAUTHORITY",
  "DOCKER_HOST",
  "CONTAINER_HOST",
  "KUBECONFIG",
  "GPG_AGENT_INFO",
  // replaced by a private one
  "XDG_RUNTIME_DIR",
  "TMUX",
  "STY",
  "VSCODE_IPC_HOOK*",
  "VSCODE_GIT_*",
  "CURSOR_TRACE_ID",
]

/** The host's proxies: they stand at host addresses, and inside none is needed. */
const proxies: readonly string[] = ["HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"]

/** Never settable by a project's policy, never passed in `clean`, whatever any list says. */
export const neverFromProject: readonly string[] = [...codeLoaders, ...hostPointers, ...proxies]
