/** The built-in policy: valid, recognisable, and what the lists of the specification ask for. */
import { describe, expect, test } from "bun:test"
import { readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { recognise } from "../../src/command/recognise.ts"
import { judgeVariable } from "../../src/plan/environment.ts"
import { builtinLayer, builtinLayers, builtinNames } from "../../src/policy/builtin.ts"
import { mergeLayers } from "../../src/policy/merge.ts"
import { parsePolicy } from "../../src/policy/parse.ts"
import type { PathVariables } from "../../src/policy/path-pattern.ts"
import { profileFileSchema } from "../../src/policy/schema.ts"
import { pathJudge } from "../../src/policy/verdict.ts"
import { presetNames } from "../../src/policy/vocabulary.ts"
import { root } from "../source-code.ts"

const files = readdirSync(join(root, "policies"), { recursive: true })
  .map(String)
  .filter(file => file.endsWith(".yaml"))
const names = builtinNames()
const agents = names.filter(({ layer }) => layer === "agent")

const home = "/home/me"
const variables: PathVariables = {
  home,
  project: `${home}/p`,
  user: "me",
  xdg: {
    XDG_CACHE_HOME: `${home}/.cache`,
    XDG_CONFIG_HOME: `${home}/.config`,
    XDG_DATA_HOME: `${home}/.local/share`,
    XDG_STATE_HOME: `${home}/.local/state`,
  },
}

function under(preset: string, ...profiles: string[]) {
  const layers = [preset, ...profiles].flatMap(name => builtinLayer(name, variables) ?? [])
  const all = [...builtinLayers("base", variables), ...layers, ...builtinLayers("toolchain", variables)]
  const policy = mergeLayers(all, { home, otherHomes: ["/root"] })
  const { judge } = pathJudge(policy)
  return { policy, accessOf: (path: string) => judge(path.replace(/^~/, home)).access }
}

const standard = under("standard")

describe("the files", () => {
  test.each(files)("%s is valid, says its version and what it is for", file => {
    const text = readFileSync(join(root, "policies", file), "utf8")
    const { content } = parsePolicy(text, file, profileFileSchema)
    expect(content.version).toBe(1)
    expect("agent" in content).toBe(file.startsWith("20-agents/"))
    expect("toolchain" in content).toBe(file.startsWith("10-toolchains/"))
  })

  test("are all in the program, each under a name of its own", () => {
    expect(names).toHaveLength(files.length)
    expect(new Set(names.map(({ name }) => name)).size).toBe(files.length)
    for (const { name } of names) expect(name).toMatch(/^[a-z][a-z-]*$/)
    for (const preset of presetNames) expect(names.map(({ name }) => name)).toContain(preset)
  })

  test("of agents name programs that nobody else names", () => {
    const binaries = agents.flatMap(agent => agent.binaries)
    expect(new Set(binaries).size).toBe(binaries.length)
    for (const agent of agents) expect(agent.binaries.length, agent.name).toBeGreaterThan(0)
  })

  test.each(agents)(
    "$name is recognised by each of its programs and packages",
    ({ name, binaries, packages }) => {
      const words = binaries.map(binary => (binary.includes("/") ? `/home/me/${binary}` : binary))
      for (const binary of words) expect(recognise(["nice", binary, "-x"], agents)).toContain(name)
      for (const word of packages.filter(other => other !== "aider-chat"))
        expect(recognise(["npx", "-y", word], agents)).toContain(name)
    },
  )

  test("know the agents of the specification", () => {
    const expected =
      "claude codex opencode gemini qwen goose droid pi aider kilocode codemux amp cursor-agent copilot auggie cline crush kiro"
    expect(agents.map(({ name }) => name).sort()).toEqual(expected.split(" ").sort())
  })
})

describe("under standard", () => {
  const denied =
    "~/.aws ~/.azure ~/.config/gcloud ~/.boto ~/.oci ~/.config/hcloud ~/.fly ~/.config/rclone ~/.wrangler " +
    "~/.local/share/com.vercel.cli ~/.kube ~/.docker ~/.config/containers/auth.json ~/.minikube ~/.terraform.d " +
    "~/.pulumi/credentials.json ~/.vault-token ~/.config/sops ~/.gnupg ~/.pki ~/.ssh/id_ed25519 ~/.ssh/x.pem " +
    "~/.ssh/authorized_keys ~/.1password ~/.config/op ~/.password-store ~/.config/keepassxc ~/.netrc ~/.authinfo " +
    "~/.git-credentials ~/.config/git/credentials ~/.cache/git/credential ~/.config/gh ~/.config/glab-cli " +
    "~/.npmrc ~/.pypirc ~/.config/pip ~/.gem/credentials ~/.cargo/credentials.toml ~/.m2/settings.xml " +
    "~/.gradle/gradle.properties ~/.pgpass ~/.my.cnf ~/.config/configstore ~/.bash_history ~/.lesshst ~/.env " +
    "~/.envrc ~/.bitcoin ~/.config/solana ~/.claude/.credentials.json ~/.codex/auth.json ~/.copilot " +
    "~/.gemini/oauth_creds.json ~/.factory/auth.encrypted ~/.local/share/opencode/auth.json " +
    "~/.local/share/keyrings ~/.mozilla ~/.config/google-chrome-beta ~/.cache/chromium ~/.config/opera " +
    "~/.thunderbird ~/.config/Signal ~/.local/share/TelegramDesktop ~/.var/app ~/snap ~/.Xauthority " +
    "~/.config/Code/User/globalStorage ~/.local/state/cordon ~/Documents ~/Downloads/x ~/Dropbox /root/x " +
    "/proc/kcore /proc/kallsyms /proc/keys /proc/sysrq-trigger /sys/kernel/debug /sys/firmware /sys/fs/bpf " +
    "/etc/shadow /etc/shadow- /etc/gshadow /etc/sudoers /etc/sudoers.d /etc/ssh/ssh_host_rsa_key " +
    "/etc/krb5.keytab /var/lib/docker /var/log /var/mail ~/p/.env ~/p/a/b/.env.local ~/p/x/.env.production"

  test.each(denied.split(" "))("%s is denied", path => {
    expect(standard.accessOf(path)).toBe("deny")
    expect(standard.accessOf(`${path}/below`)).toBe("deny")
  })

  test.each("/run/docker.sock /run/dbus/system_bus_socket /run/user/1000 /tmp/.X11-unix /dev/kvm".split(" "))(
    "%s is not the host's",
    path => {
      expect(standard.accessOf(path)).toBe("private")
    },
  )

  const readable =
    "~/.ssh/known_hosts ~/.ssh/config ~/.ssh/id_rsa.pub ~/p/.env.example ~/p/a/.env.sample ~/.gitconfig " +
    "~/.config/git/config /usr/bin/env /etc/hosts ~/other ~/.bashrc ~/.cargo/config.toml ~/.nvm ~/.config/cordon"
  test.each(readable.split(" "))("%s can be read and not written", path => {
    expect(standard.accessOf(path)).toBe("read")
  })

  const protectedNames =
    ".git/hooks .git/hooks/pre-commit .git/config sub/.git/config .git/info/attributes .git/modules/m/hooks " +
    ".git/modules/a/b/config .gitmodules .envrc .vscode/tasks.json a/b/.idea .mcp.json .claude/settings.json " +
    ".claude/hooks/x .cursor/mcp.json .husky/pre-commit .npmrc .cargo/config.toml .bashrc lefthook.yml x.code-workspace " +
    ".cordon.yaml sub/cordon.yaml .github/copilot-instructions.md node_modules/x/.npmrc .ghci a/.iex.exs .ocamlinit .pdbrc.py .dir-locals-2.el " +
    "a/.perldb mise/config.toml mise.local.toml a/latexmkrc"
  test.each(protectedNames.split(" "))("%s in the project cannot be written", name => {
    expect(standard.accessOf(`~/p/${name}`)).toBe("read")
  })

  const writable =
    "src/main.ts .git/objects/aa .git/HEAD .git/index .git/refs/heads/x .git/logs/HEAD .git/info/exclude " +
    ".github/workflows package.json Makefile CLAUDE.md .claude/notes .gitignore vscode"
  test.each(writable.split(" "))("%s in the project can be written", name => {
    expect(standard.accessOf(`~/p/${name}`)).toBe("write")
  })
})

test("an agent's own login opens for it, and for no other", () => {
  expect(under("standard", "codex").accessOf("~/.codex/auth.json")).toBe("write")
  expect(under("standard", "claude").accessOf("~/.codex/auth.json")).toBe("deny")
  expect(under("standard", "claude").accessOf("~/.claude/.credentials.json")).toBe("write")
  expect(under("standard", "claude").accessOf("~/.claude/settings.json")).toBe("read")
})

test("untrusted shows the system and a read-only project; trusted opens the home and keeps secrets", () => {
  const { policy, accessOf } = under("untrusted")
  expect(["~/p/src", "/usr/bin", "~/other", "/opt2", "~/p/k.pem"].map(accessOf).join(" ")).toBe(
    "read read deny deny deny",
  )
  expect([policy.settings.networkMode.value, policy.settings.environmentMode.value]).toEqual(["off", "clean"])
  const trusted = under("trusted").accessOf
  expect(["~/other", "~/.aws", "~/.config/cordon", "~/.bashrc"].map(trusted).join(" ")).toBe(
    "write deny read read",
  )
})

const scrubbed =
  "AWS_SECRET_ACCESS_KEY AZURE_X OPENAI_API_KEY ANTHROPIC_API_KEY HF_TOKEN GITHUB_TOKEN GH_TOKEN GITLAB_X_TOKEN " +
  "VAULT_ADDR NPM_TOKEN SSH_AUTH_SOCK GCP_X DATABASE_URL CI_JOB_TOKEN npm_config__authToken BUNDLE_A__B PGPASSWORD " +
  "STRIPE_X TF_VAR_x REDIS_URL MONGODB_URI MY_SECRET my_password X_COOKIE TOKEN SECRET PASSWORD API_KEY FOO_DSN"
test.each(scrubbed.split(" "))("%s is scrubbed", name => {
  expect(judgeVariable(name, "value", standard.policy).verdict).toBe("remove")
})

test.each("AWS_REGION AWS_CA_BUNDLE GPG_KEY MY_PUBLIC_KEY PATH HOME LANG LC_ALL FOO KEYBOARD".split(" "))(
  "%s passes",
  name => {
    expect(judgeVariable(name, "value", standard.policy).verdict).toBe("pass")
  },
)
