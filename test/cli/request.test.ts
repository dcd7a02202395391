/** Options and variables → what a run is asked for. */
import { describe, expect, test } from "bun:test"
import { UserError } from "../../src/base/error.ts"
import { parseOptions } from "../../src/cli/arguments.ts"
import { isGiven, optionValue, runRequest } from "../../src/cli/request.ts"
import type { RunRequest } from "../../src/run.ts"

type Environment = Record<string, string | undefined>

function request(line: string, environment: Environment = {}): RunRequest {
  const { given, rest } = parseOptions(line.split(" ").filter(word => word !== ""))
  return runRequest(given, rest, environment)
}

function refusal(line: string, environment: Environment = {}): string {
  try {
    request(line, environment)
  } catch (error) {
    if (!(error instanceof UserError)) throw error
    expect(error.hint).not.toBe("")
    return error.message
  }
  return ""
}

describe("a request", () => {
  test("without options is the standard, which nobody chose", () => {
    expect(request("ls -l")).toMatchObject({
      directory: undefined,
      preset: "standard",
      presetChosen: false,
      profiles: [],
      config: undefined,
      command: ["ls", "-l"],
      environmentWords: { content: {}, words: {} },
    })
  })

  test("carries the directory, the profiles and the policy file", () => {
    const line = "-C /x --profile node --profile ./team.yaml --config my.yaml ls"
    expect(request(line)).toMatchObject({
      directory: "/x",
      profiles: ["node", "./team.yaml"],
      config: "my.yaml",
    })
  })

  test("takes the preset from the command line, or from the environment with less weight", () => {
    expect(request("--trust untrusted ls")).toMatchObject({ preset: "untrusted", presetChosen: true })
    const environment = { CORDON_TRUST: "untrusted" }
    expect(request("ls", environment)).toMatchObject({ preset: "untrusted", presetChosen: false })
    expect(request("--trust trusted ls", environment)).toMatchObject({
      preset: "trusted",
      presetChosen: true,
    })
  })

  test("a given default is not the same as none", () => {
    expect(request("--trust standard ls").presetChosen).toBe(true)
  })

  test("takes the policy file from the environment when no option names one", () => {
    expect(request("ls", { CORDON_CONFIG: "/e.yaml" }).config).toBe("/e.yaml")
    expect(request("--config o.yaml ls", { CORDON_CONFIG: "/e.yaml" }).config).toBe("o.yaml")
  })
})

describe("the words of the command line", () => {
  const contentOf = (line: string) => request(`${line} ls`).commandLine.content

  test("become rules about files, in the order in which they were given", () => {
    expect(
      contentOf("--deny a --write b --block c --read d --allow e --unprotect .git/hooks").filesystem,
    ).toMatchObject({
      deny: ["a", "c"],
      read: ["d"],
      write: ["b", "e"],
      unprotect: [".git/hooks"],
    })
  })

  test.each([
    ["--ro", { filesystem: { readonly: true } }],
    ["--rw", { filesystem: { readonly: false } }],
    ["--strict", { filesystem: { strict: true } }],
    ["-n", { network: { mode: "off" } }],
    ["--no-net", { network: { mode: "off" } }],
    ["--net open", { network: { mode: "open" } }],
    ["-n --net off", { network: { mode: "off" } }],
    ["--allow-host a.example:443 --deny-host b", { network: { allow: ["a.example:443"], deny: ["b"] } }],
    ["--host-port 5432 --host-port 80", { network: { host_ports: [5432, 80] } }],
    ["--expose 3000", { network: { expose: [3000] } }],
    ["--scrub-env", { environment: { mode: "scrub" } }],
    ["--env A --env B=c=d --env E=", { environment: { pass: ["A"], set: { B: "c=d", E: "" } } }],
  ])("%s", (line, content) => {
    expect(contentOf(line)).toMatchObject(content)
  })

  test("leave out what nobody said: absent and false are not the same", () => {
    const { filesystem = {}, network = {}, environment = {} } = contentOf("")
    for (const name of ["strict", "readonly"]) expect(Object.keys(filesystem)).not.toContain(name)
    expect(Object.keys(network)).not.toContain("mode")
    expect(Object.keys(environment)).not.toContain("mode")
  })

  test("are remembered beside each rule, and values of variables are not", () => {
    const { words } = request("--deny a --block b -n --ro --env A=s3cret --env B ls").commandLine
    expect(words).toMatchObject({
      "filesystem.deny.0": "--deny a",
      "filesystem.deny.1": "--block b",
      "network.mode": "-n",
      "filesystem.readonly": "--ro",
      "environment.set.A": "--env A=…",
      "environment.pass.0": "--env B",
    })
    expect(JSON.stringify(words)).not.toContain("s3cret")
  })
})

describe("what is refused", () => {
  test.each([
    ["--ro --rw ls", "--ro and --rw contradict each other"],
    ["-n --net open ls", "-n and --net open contradict each other"],
    ["-v -q ls", "-v and -q contradict each other"],
    ["--backend docker ls", "the docker backend is not there yet in this version"],
    ["--host-port 0 ls", "--host-port 0: a port is a number from 1 to 65535"],
    ["--host-port 65536 ls", "--host-port 65536: a port is a number from 1 to 65535"],
    ["--expose 80x ls", "--expose 80x: a port is a number from 1 to 65535"],
    ["--expose 1e3 ls", "--expose 1e3: a port is a number from 1 to 65535"],
    ["--env 1A=b ls", "--env 1A: this is not the name of a variable"],
    ["--env =b ls", "--env =…: the name of the variable is missing"],
  ])("%s", (line, message) => {
    expect(refusal(line)).toBe(message)
  })

  test.each(["auto", "bubblewrap", "landlock"])("not the backend %s", name => {
    expect(refusal(`--backend ${name} ls`)).toBe("")
  })
})

describe("the environment", () => {
  test("may say the network mode, in the lowest layer", () => {
    expect(request("ls", { CORDON_NET: "off" }).environmentWords).toEqual({
      content: { network: { mode: "off" } },
      words: { "network.mode": "CORDON_NET=off" },
    })
  })

  test.each([
    [{ CORDON_NETT: "off" }, 'unknown variable CORDON_NETT; did you mean "CORDON_NET"?'],
    [{ CORDON_X: "" }, "unknown variable CORDON_X"],
    [{ CORDON_NET: "of" }, 'CORDON_NET cannot be "of"'],
    [{ CORDON_NET: "" }, 'CORDON_NET cannot be ""'],
    [{ CORDON_TRUST: "all" }, 'CORDON_TRUST cannot be "all"'],
  ])("%j is refused", (environment, message) => {
    expect(refusal("ls", environment)).toStartWith(message)
  })

  test("of a sandbox, or of others, is no mistake", () => {
    const environment = {
      CORDON: "1",
      CORDON_SESSION: "x",
      CORDONBLEU: "1",
      cordon_x: "1",
    }
    expect(refusal("ls", environment)).toBe("")
  })
})

test("options are found by name", () => {
  const { given } = parseOptions(["-n", "-C", "/x", "ls"])
  expect([isGiven(given, "no-net"), isGiven(given, "ro")]).toEqual([true, false])
  expect([optionValue(given, "cwd"), optionValue(given, "net")]).toEqual(["/x", undefined])
})
