/** A repository brings a policy that opens what it wants; nobody has read it. */
import { expect, test } from "bun:test"
import { symlinkSync } from "node:fs"
import { join } from "node:path"
import { connectScript, greeting, listen } from "../support/listener.ts"
import { World } from "../support/world.ts"

const secret = "s3cret-of-the-home"
const home = { ".aws/credentials": secret, "notes.txt": "plain", ".ssh/id_rsa": secret }

type Case = {
  says: string
  policy: string
  attempt: string
  named: RegExp
  /** no trust gives it either */
  never?: true
}

const cases: readonly Case[] = [
  {
    says: "read a secret",
    policy: "filesystem:\n  read: [~/.aws]\n",
    attempt: "cat ~/.aws/credentials",
    named: /\.cordon\.yaml:2(:\d+)?: .*\.aws/,
  },
  {
    says: "read one file of a secret",
    policy: "filesystem:\n  read: [~/.ssh/id_rsa]\n",
    attempt: "cat ~/.ssh/id_rsa",
    named: /\.cordon\.yaml:2(:\d+)?: .*id_rsa/,
  },
  {
    says: "read by a glob",
    policy: 'filesystem:\n  read: ["~/.aws/*"]\n',
    attempt: "cat ~/.aws/credentials",
    named: /\.cordon\.yaml:2(:\d+)?: /,
  },
  {
    says: "write in the home",
    policy: "filesystem:\n  write: [~/]\n",
    attempt: "echo owned >> ~/notes.txt",
    named: /\.cordon\.yaml:2(:\d+)?: .*write/,
  },
  {
    says: "write by another spelling",
    policy: "filesystem:\n  write: [$HOME, ../..]\n",
    attempt: "echo owned >> ~/notes.txt",
    named: /\.cordon\.yaml:2(:\d+)?: .*write/,
  },
  {
    says: "lift a protection",
    policy: "filesystem:\n  unprotect: [.git/hooks]\n",
    attempt: "echo x > .git/hooks/pre-commit",
    named: /\.cordon\.yaml:2(:\d+)?: .*unprotect/,
    never: true,
  },
  {
    says: "open .env",
    policy: "filesystem:\n  read: [.env]\n",
    attempt: "cat .env",
    named: /\.cordon\.yaml:2(:\d+)?: .*\.env/,
  },
  {
    says: "keep a variable",
    policy: "environment:\n  pass: [AWS_SECRET_ACCESS_KEY]\n",
    attempt: 'test -n "$AWS_SECRET_ACCESS_KEY"',
    named: /\.cordon\.yaml:2(:\d+)?: .*AWS_SECRET_ACCESS_KEY/,
  },
  {
    says: "inherit the environment",
    policy: "environment:\n  mode: inherit\n",
    attempt: 'test -n "$AWS_SECRET_ACCESS_KEY"',
    named: /\.cordon\.yaml:2(:\d+)?: .*inherit/,
  },
  {
    says: "set a variable",
    policy: "environment:\n  set: { LD_PRELOAD: ./evil.so, GIT_SSH_COMMAND: evil }\n",
    attempt: 'test -n "$GIT_SSH_COMMAND"',
    named: /\.cordon\.yaml:2(:\d+)?: .*(LD_PRELOAD|GIT_SSH_COMMAND)/,
    never: true,
  },
  {
    says: "make user namespaces",
    policy: "nested_userns: allow\n",
    attempt: "unshare -U true",
    named: /\.cordon\.yaml:1(:\d+)?: .*nested_userns/,
  },
]

test.each(cases)("a policy of the project that would $says opens nothing and is named", async one => {
  const files = { ".cordon.yaml": one.policy, ".env": secret, file: "1" }
  using world = new World({ home, project: files, git: true })
  const env = { AWS_SECRET_ACCESS_KEY: secret }
  const { code, stdout, stderr } = await world.shell(`echo x > file && echo started; ${one.attempt}`, { env })
  expect({ started: stdout, failed: code !== 0 }).toEqual({ started: "started\n", failed: true })
  expect(stderr).toMatch(one.named)
  expect(stderr).toMatch(one.never ? /is not a project's to say; left out/ : /cordon policy trust/)
})

test("the network that a person switched off stays off", async () => {
  using world = new World({
    home: { ".config/cordon/policy.yaml": 'network: { mode: "off" }\n' },
    project: { ".cordon.yaml": "network:\n  mode: open\n  unix_sockets: [~/x.sock]\n" },
  })
  await using service = await listen({ hostname: "127.0.0.1" })
  const got = await world.script(connectScript(service.place))
  expect(got.stdout).toStartWith("refused")
  expect(got.stderr).toMatch(/\.cordon\.yaml:2(:\d+)?: .*open/)
  const own = await world.script(connectScript(service.place), { options: ["--net", "open"] })
  expect(own.stdout).toBe(greeting)
})

test("its denials and limits hold", async () => {
  using world = new World({
    home,
    project: {
      ".cordon.yaml": `filesystem: { deny: [private, ~/notes.txt], protect: [kept] }
network: { mode: "off" }
environment: { remove: [EDITOR] }\n`,
      "private/file": "1",
      kept: "1",
      file: "1",
    },
  })
  const { stdout, stderr } = await world.shell(
    `cat file; cat private/file; cat ~/notes.txt; echo x > kept
     echo "[$EDITOR]"; tail -n +3 /proc/net/dev | cut -d: -f1 | tr -d ' '`,
    { env: { EDITOR: "vim" } },
  )
  expect(stdout).toBe("1[]\nlo\n")
  expect(stderr).not.toContain("cordon: ")
})

test("a policy that reaches outside the project by extends or by a link opens nothing", async () => {
  const loose = "filesystem: { read: [~/.aws] }\n"
  for (const extended of ["../../loose.yaml", "~/loose.yaml", "link.yaml"]) {
    using world = new World({
      home: { ...home, "loose.yaml": loose },
      project: { ".cordon.yaml": `extends: [${extended}]\n` },
    })
    symlinkSync(join(world.home, "loose.yaml"), join(world.project, "link.yaml"))
    const { stdout, stderr, code } = await world.shell("cat ~/.aws/credentials")
    expect({ extended, stdout, failed: code !== 0 }).toEqual({ extended, stdout: "", failed: true })
    expect(stderr).toMatch(/^cordon: .*(\.cordon|link)\.yaml:1/)
  }
})

test("a policy that is a link cannot be swapped for one that says less", async () => {
  using world = new World({
    home,
    project: { "policies/own.yaml": "filesystem: { deny: [hidden] }\n", hidden: "1" },
  })
  symlinkSync("policies/own.yaml", join(world.project, ".cordon.yaml"))
  const script =
    "echo started; rm -f .cordon.yaml; mv policies p2; echo 'version: 1' > policies/own.yaml; cat hidden"
  const swap = await world.shell(script)
  // Refusing to start is an answer as well.
  if (swap.code === 125) return expect(swap.stderr).toStartWith("cordon: .cordon.yaml")
  expect(swap.stdout).toBe("started\n")
  expect((await world.shell("cat hidden")).stdout).toBe("")
  expect((await world.host("cat", ".cordon.yaml")).trim()).toBe("filesystem: { deny: [hidden] }")
})

test("a policy that is a link to nothing stops the run, whatever it is called", async () => {
  for (const name of [".cordon.yaml", "cordon.yaml"]) {
    using world = new World({ home })
    symlinkSync("absent.yaml", join(world.project, name))
    const { code, stdout, stderr } = await world.shell("echo ran")
    expect({ name, code, stdout }).toEqual({ name, code: 125, stdout: "" })
    expect(stderr).toStartWith(`cordon: ${name} is a symbolic link`)
    await world.host("rm", name)
    expect((await world.shell("echo ran")).stdout).toBe("ran\n")
  }
})

test("no other file of the project speaks for the person: .env, bunfig.toml, package.json", async () => {
  using world = new World({
    home,
    project: {
      ".env": "CORDON_TRUST=trusted\nCORDON_NET=off\nHOME=/\n",
      "bunfig.toml": 'preload = ["./evil.ts"]\n',
      "evil.ts": "console.log('evil ran')\n",
      "package.json": '{"cordon":{"filesystem":{"read":["~/.aws"]}}}',
      "tsconfig.json": "{}",
    },
  })
  const { stdout, stderr } = await world.shell("cat ~/.aws/credentials; head -n 1 /etc/resolv.conf")
  // With the network off nobody answers for names.
  expect(stdout).toBe("nameserver 198.18.0.1\n")
  expect(stderr).toContain("Permission denied")
})
