/** Credentials stand in the environment of whoever starts an agent. */
import { expect, test } from "bun:test"
import { readdirSync } from "node:fs"
import { join } from "node:path"
import { commandLineOf, eventually } from "../support/process.ts"
import { type RunOptions, World, writeFiles } from "../support/world.ts"

const value = "s3cret-of-the-environment"

/** Names → values of the command's environment. */
async function environmentInside(world: World, options: RunOptions): Promise<Record<string, string>> {
  const { code, stdout, stderr } = await world.cordon(
    [...(options.options ?? []), "--", "env", "-0"],
    options,
  )
  if (code !== 0) throw new Error(`exit code ${code}: ${stderr}`)
  const pairs = stdout.split("\0").filter(pair => pair !== "")
  return Object.fromEntries(
    pairs.map(pair => [pair.slice(0, pair.indexOf("=")), pair.slice(pair.indexOf("=") + 1)]),
  )
}

const byName = [
  "AWS_SECRET_ACCESS_KEY",
  "AWS_ACCESS_KEY_ID",
  "AWS_SESSION_TOKEN",
  "AZURE_CLIENT_SECRET",
  "GOOGLE_APPLICATION_CREDENTIALS",
  "OPENAI_API_KEY",
  "ANTHROPIC_API_KEY",
  "GEMINI_API_KEY",
  "XAI_API_KEY",
  "OPENROUTER_API_KEY",
  "GITHUB_TOKEN",
  "GITLAB_TOKEN",
  "CI_JOB_TOKEN",
  "NPM_TOKEN",
  "VAULT_ADDR",
  "DATABASE_URL",
  "PGPASSWORD",
  "SSH_AUTH_SOCK",
  "npm_config__authToken",
]
const bySuffix = [
  "COMPANY_KEY",
  "MY_APIKEY",
  "X_TOKEN",
  "some_secret",
  "APP_SECRET_V2",
  "DB_PASSWORD",
  "OWN_PASSWD",
  "KEY_PASSPHRASE",
  "OUR_CREDENTIALS",
  "SITE_COOKIE",
  "TOKEN",
  "PASSWORD",
]
const byValue = {
  SERVICE: "https://user:s3cret-of-the-environment@example.com/x",
  BACKEND: "postgres://app:s3cret-of-the-environment@db/x",
  IDENTITY: "-----BEGIN OPENSSH PRIVATE KEY-----\ns3cret-of-the-environment",
  A1: "ghp_s3cretoftheenvironment0000000000",
  A2: "github_pat_s3cretoftheenvironment",
  A3: "glpat-s3cretoftheenvironment",
  A4: "sk-s3cretoftheenvironment00000",
  A5: "xoxb-s3cretoftheenvironment00000",
  A6: "AKIAS3CRETOFTHEENVIR",
  A7: "AIzaS3cretoftheenvironment",
}
const harmless = {
  LANG: "de_DE.UTF-8",
  LC_TIME: "C",
  TZ: "Europe/Berlin",
  EDITOR: "vim",
  AWS_REGION: "eu-central-1",
  AWS_CA_BUNDLE: "/etc/ssl/cert.pem",
  GPG_KEY: "A035C8C19219BA821ECEA86B64E628F8D684696D",
  SSH_PUBLIC_KEY: "ssh-ed25519 AAAA",
  KEYBOARD: "de",
  HOMEPAGE: "https://example.com/path",
  MULTI_LINE: "first\nAWS_X=not a variable\n",
  EMPTY: "",
}
const secrets = {
  ...Object.fromEntries([...byName, ...bySuffix].map(name => [name, value])),
  ...byValue,
}

test("secrets are removed by name, by suffix and by value, and the rest stays as it is", async () => {
  using world = new World()
  const inside = await environmentInside(world, { env: { ...secrets, ...harmless } })
  expect(Object.keys(secrets).filter(name => name in inside)).toEqual([])
  expect(JSON.stringify(inside)).not.toContain(value)
  expect(inside).toMatchObject(harmless)
})

test("--env passes the variable it names, and sets one with a value", async () => {
  using world = new World()
  const options = ["--env", "AWS_PROFILE", "--env", "X_TOKEN", "--env=NEW=a=b", "--env", "EDITOR=nano"]
  const inside = await environmentInside(world, {
    options,
    env: { ...secrets, EDITOR: "vim", AWS_PROFILE: "dev" },
  })
  expect(inside).toMatchObject({ AWS_PROFILE: "dev", X_TOKEN: value, NEW: "a=b", EDITOR: "nano" })
  expect(inside).not.toHaveProperty("GITHUB_TOKEN")
})

test("clean lets through what is listed and nothing else", async () => {
  using world = new World()
  const env = {
    ...secrets,
    ...harmless,
    LD_PRELOAD: "/no/such.so",
    BASH_ENV: "/x",
    DISPLAY: ":0",
    OTHER: "1",
  }
  const inside = await environmentInside(world, { options: ["--trust", "untrusted"], env })
  expect(inside).toMatchObject({ LANG: "de_DE.UTF-8", TZ: "Europe/Berlin", HOME: world.home, CORDON: "1" })
  for (const name of [...Object.keys(secrets), "LD_PRELOAD", "BASH_ENV", "DISPLAY", "OTHER", "KEYBOARD"])
    expect(inside, name).not.toHaveProperty(name)
})

test("trusted passes everything", async () => {
  using world = new World()
  const inside = await environmentInside(world, { options: ["--trust", "trusted"], env: secrets })
  expect(inside).toMatchObject({ AWS_SECRET_ACCESS_KEY: value, X_TOKEN: value, ...byValue })
})

test("an agent's own key passes, other agents' keys do not", async () => {
  using world = new World()
  writeFiles(world.home, { "bin/claude": "#!/bin/sh\nexec env -0\n" })
  await world.host("chmod", "755", `${world.home}/bin/claude`)
  const { stdout } = await world.cordon([join(world.home, "bin/claude")], { env: secrets })
  expect(stdout).toContain(`ANTHROPIC_API_KEY=${value}`)
  expect(stdout).not.toContain("OPENAI_API_KEY")
  expect(stdout).not.toContain("AWS_SECRET_ACCESS_KEY")
})

test("the user policy removes, passes and sets variables", async () => {
  using world = new World()
  const policy = `environment: { remove: [EDITOR, "PRE_*"], pass: [GITHUB_TOKEN], set: { PAGER: "cat" } }\n`
  writeFiles(world.home, { ".config/cordon/policy.yaml": policy })
  const env = { ...secrets, EDITOR: "vim", PRE_A: "1", OTHER: "1" }
  const inside = await environmentInside(world, { env })
  expect(inside).toMatchObject({ GITHUB_TOKEN: value, PAGER: "cat", OTHER: "1" })
  for (const name of ["EDITOR", "PRE_A", "X_TOKEN"]) expect(inside).not.toHaveProperty(name)
})

test("Cordon's own variables are there and tell a session", async () => {
  using world = new World()
  const one = await environmentInside(world, {})
  const other = await environmentInside(world, {})
  expect(one).toMatchObject({ CORDON: "1", HOME: world.home, PWD: world.project })
  expect(one.CORDON_SESSION).toMatch(/^[\w-]{8,}$/)
  expect(one.CORDON_SESSION).not.toBe(other.CORDON_SESSION)
})

test("no secret stands in a command line, where every user of the machine can read it", async () => {
  using world = new World()
  const options = ["--env", "X_TOKEN", "--", "sh", "-c", "echo $X_TOKEN > passed; exec sleep 600"]
  const running = world.start(options, { env: secrets })
  try {
    const passed = await eventually(() => readdirSync(world.project).find(name => name === "passed"))
    expect(passed).toBe("passed")
    const lines = readdirSync("/proc").map(Number).filter(Number.isInteger).map(commandLineOf)
    expect(lines.filter(line => line.includes(value))).toEqual([])
    expect(lines.some(line => line.includes("sleep 600"))).toBe(true)
  } finally {
    running.process.kill("SIGKILL")
    await running.process.exited
  }
})

test("the environment of the processes above the command shows no secret inside", async () => {
  using world = new World()
  const { stdout } = await world.shell("cat /proc/[0-9]*/environ /proc/[0-9]*/cmdline | tr '\\0' '\\n'", {
    env: { ...secrets, KEYBOARD: "de" },
  })
  expect(stdout).not.toContain(value)
  expect(stdout).toContain("KEYBOARD=de")
})
