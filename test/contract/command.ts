/** The command's side of the contract: it feels as if there were no sandbox. */
import { expect } from "bun:test"
import { existsSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { eventually, launch, run } from "../support/process.ts"
import { cordonBinary } from "../support/world.ts"
import type { Promised } from "./backend.ts"

const oddWords = [
  "",
  " ",
  "two words",
  "new\nline",
  "tab\there",
  "'single'",
  '"double"',
  "$HOME",
  "$(touch ran)",
  "`touch ran`",
  "; touch ran",
  "| touch ran",
  "*",
  "?",
  "~",
  "\\",
  "\\n",
  "--",
  "-n",
  "--net",
  "--deny=x",
  "%s",
  "ünïcödé ✓",
  "\u0007\u001b[31m",
  "a".repeat(10_000),
]

export const commandPromises = {
  "hands every word to the command as it is": async backend => {
    using world = backend.world()
    const { code, stdout } = await backend.run(world, ["printf", "%s\\0", ...oddWords])
    expect(code).toBe(0)
    expect(stdout.split("\0").slice(0, -1)).toEqual(oddWords)
    expect(existsSync(join(world.project, "ran"))).toBe(false)
  },
  "hands on words that are no UTF-8, or refuses them": async backend => {
    using world = backend.world()
    const options = backend.options().join(" ")
    const script = `exec "$0" ${options} -- printf '%s' "$(printf 'a\\377b')" | od -An -tx1`
    const start = { cwd: world.project, env: world.env }
    const { stdout, stderr } = await run(["sh", "-c", script, cordonBinary], start)
    if (!stderr.startsWith("cordon: ")) expect(stdout.trim()).toBe("61 ff 62")
  },
  "takes as many words as the system does": async backend => {
    using world = backend.world()
    const words = Array.from({ length: 20_000 }, (_, index) => String(index))
    const { code, stdout, stderr } = await backend.run(world, ["sh", "-c", "echo $#", "sh", ...words])
    expect({ code, stdout, stderr }).toEqual({ code: 0, stdout: "20000\n", stderr: "" })
  },
  "leaves standard output and standard error to the command": async backend => {
    using world = backend.world()
    const got = await backend.shell(world, "printf out; printf err >&2")
    expect(got).toEqual({ code: 0, stdout: "out", stderr: "err" })
  },
  "passes every byte of standard input and output": async backend => {
    using world = backend.world()
    const text = Array.from({ length: 50_000 }, (_, index) => `${index} ünïcödé\r\n`).join("")
    const { code, stdout } = await backend.run(world, ["cat"], { stdin: text })
    expect({ code, same: stdout === text }).toEqual({ code: 0, same: true })
    const bytes = await backend.run(world, ["od", "-An", "-tx1", "-v"], {
      stdin: Uint8Array.from([0, 255, 10, 13, 26, 4]),
    })
    expect(bytes.stdout.trim()).toBe("00 ff 0a 0d 1a 04")
  },
  "gives the end of a closed standard input": async backend => {
    using world = backend.world()
    expect((await backend.run(world, ["wc", "-c"])).stdout.trim()).toBe("0")
  },
  "ends when nobody reads its output any more": async backend => {
    using world = backend.world()
    const script = `"$0" ${backend.options().join(" ")} -- yes | head -n 1`
    const start = { cwd: world.project, env: world.env }
    expect((await run(["sh", "-c", script, cordonBinary], start)).stdout).toBe("y\n")
  },
  "gives the command's exit code": async backend => {
    using world = backend.world()
    for (const code of [0, 1, 2, 42, 124, 125, 126, 127, 255])
      expect((await backend.shell(world, `exit ${code}`)).code).toBe(code)
  },
  "gives 128+N when signal N ends the command": async backend => {
    using world = backend.world()
    for (const [name, number] of Object.entries({ TERM: 15, KILL: 9, SEGV: 11, INT: 2, HUP: 1, USR1: 10 }))
      expect((await backend.shell(world, `kill -${name} $$; sleep 5`)).code, name).toBe(128 + number)
  },
  "gives 127 for a command that is not found, 126 for one that may not run": async backend => {
    using world = backend.world({ project: { "no-program": "x", "directory/": "" } })
    await world.host("chmod", "644", "no-program")
    for (const word of ["no-such-command", "./no-such-file", "/no/such/file"])
      expect(await backend.run(world, [word]), word).toMatchObject({ code: 127, stdout: "" })
    for (const word of ["./no-program", "./directory", "/etc"])
      expect(await backend.run(world, [word]), word).toMatchObject({ code: 126, stdout: "" })
    const { stderr } = await backend.run(world, ["no-such-command"])
    expect(stderr).toBe("cordon: no-such-command: command not found\n")
  },
  "gives 126 for a program of another machine; a script without #! is the shell's": async backend => {
    using world = backend.world({
      project: { script: "echo ran $1; exit 3\n", empty: "", short: ":\n", almost: "\x7fEL\n" },
    })
    // The header of an ELF file (elf(5)) whose machine nobody has built.
    const header = Buffer.alloc(64)
    header.set([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1])
    header.set([2, 0, 0xfe, 0xfe, 1], 16)
    writeFileSync(join(world.project, "foreign"), header)
    await world.host("chmod", "755", "script", "empty", "short", "almost", "foreign")
    expect(await backend.run(world, ["./foreign"])).toMatchObject({
      code: 126,
      stdout: "",
      stderr: expect.stringMatching(
        /^cordon: \S+\/foreign is no program for this machine\ncordon: → get the one for \w+\n$/,
      ),
    })
    expect(await backend.run(world, ["./script", "twice"])).toMatchObject({ code: 3, stdout: "ran twice\n" })
    for (const word of ["./empty", "./short"])
      expect(await backend.run(world, [word]), word).toMatchObject({ code: 0, stdout: "", stderr: "" })
    expect((await backend.run(world, ["./almost"])).code).toBe(127)
  },
  "gives 125 when Cordon itself refuses": async backend => {
    using world = backend.world()
    const { code, stdout, stderr } = await backend.run(world, ["echo", "ran"], { options: ["--no-such"] })
    expect({ code, stdout }).toEqual({ code: 125, stdout: "" })
    expect(stderr).toStartWith("cordon: ")
  },
  "looks the command up in the project and on the PATH inside": async backend => {
    using world = backend.world({ project: { tool: "#!/bin/sh\necho mine\n" } })
    await world.host("chmod", "755", "tool")
    expect((await backend.run(world, ["./tool"])).stdout).toBe("mine\n")
    const elsewhere = { options: ["-C", world.project], cwd: "/" }
    expect((await backend.run(world, ["./tool"], elsewhere)).stdout).toBe("mine\n")
    expect((await backend.run(world, ["tool"])).code).toBe(127)
    const env = { PATH: `${world.project}:${world.env.PATH}` }
    expect((await backend.run(world, ["tool"], { env })).stdout).toBe("mine\n")
  },
  "starts the command in the project": async backend => {
    using world = backend.world({ project: { "a/b/": "" } })
    const { stdout } = await backend.shell(world, 'pwd -P; echo "$PWD"')
    expect(stdout).toBe(`${world.project}\n${world.project}\n`)
    const below = await backend.shell(world, "pwd -P", { options: ["-C", "a/b"] })
    expect(below.stdout).toBe(`${world.project}/a/b\n`)
  },
  "gives the command the caller's environment without secrets": async backend => {
    using world = backend.world()
    const env = { PLAIN: "a b=c\nd", X_TOKEN: "s3cret", PASSED_TOKEN: "given" }
    const { stdout } = await backend.run(world, ["env", "-0"], { env, options: ["--env", "PASSED_TOKEN"] })
    const pairs = stdout.split("\0")
    expect(pairs).toContain("PLAIN=a b=c\nd")
    expect(pairs).toContain("PASSED_TOKEN=given")
    expect(pairs).toContain(`HOME=${world.home}`)
    expect(pairs).toContain("CORDON=1")
    expect(stdout).not.toContain("s3cret")
  },
  "runs as the same user, with the same umask": async backend => {
    using world = backend.world()
    const script = "id -u; id -g; umask; touch made"
    const { stdout } = await backend.shell(world, script)
    expect(stdout).toBe(await world.host("sh", "-c", script))
    expect(await world.host("stat", "-c", "%u:%g %a", "made")).toBe(
      `${process.getuid?.()}:${process.getgid?.()} ${(await world.host("sh", "-c", "printf %o $((0666 & ~$(umask)))")).trim()}\n`,
    )
  },
  "ends the command, and the session with 128+N, when a signal ends Cordon": async backend => {
    using world = backend.world()
    for (const [name, number] of Object.entries({ SIGTERM: 15, SIGINT: 2, SIGHUP: 1 })) {
      const words = [...backend.options(), "--", "sh", "-c", "echo > started; exec sleep 600"]
      const running = launch([cordonBinary, ...words], { cwd: world.project, env: world.env })
      await eventually(() => (existsSync(join(world.project, "started")) ? true : undefined))
      running.process.kill(name as NodeJS.Signals)
      expect((await running.outcome).code, name).toBe(128 + number)
      await world.host("rm", "started")
    }
  },
  "hands SIGTERM on to the command": async backend => {
    using world = backend.world()
    const script = "trap 'echo ended; exit 7' TERM; echo > started; sleep 600 & wait"
    const words = [...backend.options(), "--", "sh", "-c", script]
    const running = launch([cordonBinary, ...words], { cwd: world.project, env: world.env })
    await eventually(() => (existsSync(join(world.project, "started")) ? true : undefined))
    running.process.kill("SIGTERM")
    expect(await running.outcome).toMatchObject({ code: 7, stdout: "ended\n" })
  },
} satisfies Record<string, Promised>
