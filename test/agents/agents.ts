// What differs between the agents: how each is started, kept quiet and led to the scripted model.
// Observed with the versions in registry.ts.

/** One agent as the tests drive it. */
export type Agent = {
  /** its program, by which cordon recognises it */
  name: "claude" | "codex" | "opencode"
  /** the command line that does one prompt without a terminal or a question */
  command: (url: string) => string[]
  /** its own variables: cordon passes them without being asked */
  own: (url: string) => Record<string, string>
  /** variables that keep it quiet but are not its own: passed with `--env` */
  quiet: Readonly<Record<string, string>>
  /** files in the home directory that it is configured by, path → content */
  files: (url: string) => Record<string, string>
  /** where it may create something, relative to the home directory */
  state: readonly string[]
  /** glob of what it must have kept after one prompt, relative to the home directory */
  keeps: string
}

const prompt = "do what the script says"

const claude: Agent = {
  name: "claude",
  command: () => ["claude", "-p", "--dangerously-skip-permissions", "--output-format", "text", prompt],
  own: url => ({
    ANTHROPIC_BASE_URL: url,
    ANTHROPIC_API_KEY: "scripted",
    CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: "1",
  }),
  quiet: { DISABLE_AUTOUPDATER: "1", DISABLE_TELEMETRY: "1", DISABLE_ERROR_REPORTING: "1" },
  files: () => ({}),
  state: [".claude", ".claude.json"],
  keeps: ".claude/projects/*/*.jsonl",
}

/** By `-c` and not by a file, so that `~/.codex` is absent at first. */
const codexSettings = (url: string) => [
  'model="scripted"',
  'model_provider="scripted"',
  "check_for_update_on_startup=false",
  "analytics.enabled=false",
  "features.plugins=false",
  `model_providers.scripted={name="scripted",base_url="${url}/v1",wire_api="responses",env_key="OPENAI_API_KEY",request_max_retries=0,stream_max_retries=0}`,
]

const codex: Agent = {
  name: "codex",
  command: url => [
    ...["codex", "exec", "--dangerously-bypass-approvals-and-sandbox", "--skip-git-repo-check"],
    ...codexSettings(url).flatMap(setting => ["-c", setting]),
    prompt,
  ],
  own: () => ({ OPENAI_API_KEY: "scripted" }),
  quiet: {},
  files: () => ({}),
  state: [".codex"],
  keeps: ".codex/sessions/*/*/*/rollout-*.jsonl",
}

const opencodeSettings = (url: string) => ({
  model: "scripted/scripted",
  small_model: "scripted/scripted",
  permission: { "*": "allow", external_directory: "allow" },
  provider: {
    scripted: {
      npm: "@ai-sdk/openai-compatible",
      name: "scripted",
      options: { baseURL: `${url}/v1`, apiKey: "scripted" },
      models: { scripted: { name: "scripted", tool_call: true } },
    },
  },
})

const opencode: Agent = {
  name: "opencode",
  command: () => ["opencode", "run", prompt],
  own: () => ({
    OPENCODE_DISABLE_AUTOUPDATE: "1",
    OPENCODE_DISABLE_MODELS_FETCH: "1",
    OPENCODE_DISABLE_LSP_DOWNLOAD: "1",
    OPENCODE_DISABLE_SHARE: "1",
  }),
  // It installs a plugin package at every start; with no registry it goes on without.
  quiet: { npm_config_registry: "http://127.0.0.1:9/", npm_config_fetch_retries: "0" },
  files: url => ({ ".config/opencode/opencode.json": JSON.stringify(opencodeSettings(url)) }),
  state: [".local/share/opencode", ".local/state/opencode", ".cache/opencode", ".config/opencode"],
  keeps: ".local/share/opencode/opencode.db",
}

export const agents: readonly Agent[] = [claude, codex, opencode]
