/** The last steps, taken for real: what the command finds, and what happens when one of them fails. */
import { afterAll, describe, expect, test } from "bun:test"
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs"
import { constants } from "node:os"
import { join } from "node:path"
import type { Guardian } from "../../src/inside/guardian.ts"
import { type LastSteps, lastStepsProgram } from "../../src/inside/last-steps.ts"
import { answer, answers, assemble, ifEqual, label, loadCallNumber } from "../../src/kernel/bpf.ts"
import { landlockAbi } from "../../src/kernel/landlock.ts"
import { seccompFilter } from "../../src/kernel/seccomp-filter.ts"
import { signalSet } from "../../src/kernel/signals.ts"
import { callNumbers, presentArchitecture, type SystemCall } from "../../src/kernel/system-calls.ts"
import type { LandlockWall } from "../../src/plan/launch-plan.ts"
import { openFilter, Stage, stepsWith } from "../support/last-steps.ts"
import type { Launching } from "../support/start-last-steps.ts"

const stage = new Stage()
afterAll(() => stage[Symbol.dispose]())

const { SIGPIPE, SIGINT, SIGTERM, SIGUSR1, SIGXFSZ } = constants.signals
const abi = landlockAbi()
const noWall = abi < 2
const supervisor: Guardian = { kind: "supervisor", filter: openFilter, border: false }

/** A set of signals of the command, as /proc/PID/status shows it. */
async function signalsOf(field: string, change: Partial<LastSteps>, launching: Partial<Launching>) {
  const grep = { program: "/bin/grep", words: ["grep", `^${field}:`, "/proc/self/status"] }
  const { stdout } = await stage.run({ ...grep, ...change }, launching)
  return BigInt(`0x${stdout.split("\t")[1]?.trim()}`)
}

const has = (set: bigint, signal: number) => (set & signalSet([signal])) !== 0n

describe("the command", () => {
  test("has its words, its environment and its exit code, and nothing of what came before", async () => {
    const script = 'echo "$0|$1"; env; exit 42'
    const words = ["sh", "-c", script, "name", "two words ä\n"]
    const environment = { PATH: "/usr/bin:/bin", A: "ä=1 b", EMPTY: "" }
    const { code, stdout, stderr } = await stage.run({ program: "/bin/sh", words, environment })
    const [first, second, ...variables] = stdout.trimEnd().split("\n")
    expect({ code, stderr, first, second }).toEqual({
      code: 42,
      stderr: "",
      first: "name|two words ä",
      second: "",
    })
    expect(variables.filter(line => !/^(PWD|_|SHLVL|OLDPWD)=/.test(line)).sort()).toEqual([
      "A=ä=1 b",
      "EMPTY=",
      "PATH=/usr/bin:/bin",
    ])
  })

  test("takes words and variables of many kilobytes", async () => {
    const long = "x".repeat(100_000)
    const script = 'length() { printf %s "$1" | wc -c; }; length "$1"; length "$LONG"; echo $#'
    const words = ["sh", "-c", script, "sh", ...Array(10).fill(long)]
    const { stdout } = await stage.run({
      program: "/bin/sh",
      words,
      environment: { PATH: "/bin", LONG: long },
    })
    expect(stdout).toBe("100000\n100000\n10\n")
  })

  test("finds no descriptor open but 0, 1 and 2", async () => {
    const open = [3, 4, 5, 9, 50, 99, 101, 102, 500]
    const landlock = noWall ? undefined : wall([])
    // `ls` itself has the directory open as 3.
    const list = { program: "/bin/ls", words: ["ls", "/proc/self/fd"], landlock }
    const alone = await stage.run(list, { open })
    const watched = await stage.run({ ...list, guardian: supervisor }, { guardian: "supervisor", open })
    for (const { stdout } of [alone, watched])
      expect(stdout.trim().split(/\s+/)).toEqual(["0", "1", "2", "3"])
  })
})

describe("signals", () => {
  test("that are ignored up to here have their default effect where that is asked for", async () => {
    const launching = { ignored: [SIGINT, SIGTERM] }
    const ignored = await signalsOf("SigIgn", { restoredSignals: [SIGPIPE, SIGXFSZ, SIGINT] }, launching)
    expect([SIGPIPE, SIGXFSZ, SIGINT, SIGTERM].map(signal => has(ignored, signal))).toEqual([
      false,
      false,
      false,
      true,
    ])
  })

  test("stay ignored otherwise: the caller's SIGINT, and SIGPIPE, which the test's runtime ignores", async () => {
    const ignored = await signalsOf("SigIgn", {}, { ignored: [SIGINT] })
    expect([SIGPIPE, SIGINT, SIGTERM].map(signal => has(ignored, signal))).toEqual([true, true, false])
  })

  test("end what they should: a writer whose reader has gone", async () => {
    const script = "{ yes; echo $? >&2; } | head -n 1"
    const { stdout, stderr } = await stage.shell(script, { restoredSignals: [SIGPIPE] })
    expect({ stdout, stderr }).toEqual({ stdout: "y\n", stderr: "141\n" })
  })

  test("are held back exactly as asked for", async () => {
    const held = signalSet([SIGINT, SIGTERM]).toString()
    expect(await signalsOf("SigBlk", {}, { held })).toBe(0n)
    const signalMask = signalSet([SIGUSR1])
    expect(await signalsOf("SigBlk", { signalMask }, { held })).toBe(signalMask)
  })
})

function wall(writable: LandlockWall["writable"]): LandlockWall {
  return { abi, scopeAbstractSockets: false, writable }
}

describe("the wall of Landlock", () => {
  test.skipIf(noWall)(
    "holds everywhere but where writing is allowed [skipped when Landlock is older than ABI 2]",
    async () => {
      const [inside, beside] = [join(stage.directory, "inside"), join(stage.directory, "beside")]
      for (const directory of [inside, beside]) {
        mkdirSync(join(directory, "sub"), { recursive: true })
        writeFileSync(join(directory, "file"), "old")
      }
      const tries = [
        "echo new > file",
        "echo made > made",
        "mkdir sub/deep",
        "mv file moved",
        "ln made link",
        "ln -s x soft",
        "mkfifo fifo",
        "rm made",
        "rmdir sub/deep",
        "rm soft fifo",
        "mv moved sub/file",
      ]
      const attempt = tries.map(words => `(${words}) 2>/dev/null; echo $?`).join("\n")
      const landlock = wall([
        { path: inside, kind: "directory" },
        { path: "/dev/null", kind: "file" },
      ])
      const allowed = await stage.shell(`cd ${inside}\n${attempt}`, { landlock })
      expect(allowed.stdout.trim().split("\n")).toEqual(tries.map(() => "0"))
      expect(readFileSync(join(inside, "sub/file"), "utf8")).toBe("new\n")
      const refused = await stage.shell(`cd ${beside}\n${attempt}; cat file`, { landlock })
      const codes = refused.stdout.trim().split("\n")
      expect(codes.slice(0, -1)).not.toContain("0")
      expect(codes.at(-1)).toBe("old")
    },
  )

  test.skipIf(noWall)(
    "lets a single file be written, and no other beside it [skipped when Landlock is older than ABI 2]",
    async () => {
      const [one, other] = [join(stage.directory, "one"), join(stage.directory, "other")]
      for (const path of [one, other]) writeFileSync(path, "old")
      const landlock = wall([{ path: one, kind: "file" }])
      const script = `echo new > ${one}; (echo new > ${other}) 2>/dev/null || echo refused; rm -f ${one} 2>/dev/null || echo kept`
      expect((await stage.shell(script, { landlock })).stdout).toBe("refused\nkept\n")
      expect(readFileSync(one, "utf8")).toBe("new\n")
      expect(readFileSync(other, "utf8")).toBe("old")
    },
  )

  test.skipIf(noWall)(
    "lets nothing be written where there is no rule, and everything be read [skipped when Landlock is older than ABI 2]",
    async () => {
      const script = `(echo x > ${stage.directory}/new) 2>/dev/null || echo refused; head -c 4 /etc/passwd`
      expect((await stage.shell(script, { landlock: wall([]) })).stdout).toBe("refused\nroot")
      expect(existsSync(join(stage.directory, "new"))).toBe(false)
    },
  )

  test.skipIf(abi < 3)(
    "holds for older versions of the interface [skipped when Landlock is older than ABI 3]",
    async () => {
      const path = join(stage.directory, "older")
      mkdirSync(path)
      for (let older = 2; older < abi; older++) {
        const landlock = { ...wall([{ path, kind: "directory" }]), abi: older }
        const script = `echo in > ${path}/file && (echo out > ${stage.directory}/out) 2>/dev/null || cat ${path}/file`
        expect((await stage.shell(script, { landlock })).stdout, `ABI ${older}`).toBe("in\n")
      }
    },
  )

  test.skipIf(noWall)(
    "with a place that is not there, nothing starts [skipped when Landlock is older than ABI 2]",
    async () => {
      const landlock = wall([{ path: "/no/such/place", kind: "directory" }])
      expect(await stage.shell("echo ran", { landlock })).toEqual(refusal("opening /no/such/place"))
    },
  )
})

describe("the filter", () => {
  test("is active in the command, and cannot be taken off", async () => {
    const architecture = presentArchitecture()
    const filter = seccompFilter(architecture, { nestedUserns: false })
    const script =
      "grep -E '^(Seccomp|NoNewPrivs):' /proc/$$/status; unshare --user true 2>/dev/null || echo refused"
    const { stdout } = await stage.shell(script, { filter })
    expect(stdout).toBe("NoNewPrivs:\t1\nSeccomp:\t2\nrefused\n")
  })

  test("is the one that was given: a call that it refuses fails, others work", async () => {
    const { uname } = callNumbers(presentArchitecture())
    const refusing = assemble([
      loadCallNumber(),
      ifEqual(uname, { yes: "refused" }),
      answer(answers.allow),
      label("refused"),
      answer(answers.fail(1)),
    ])
    expect((await stage.shell("uname")).stdout).toBe("Linux\n")
    const { stdout, stderr } = await stage.shell("uname; echo went on", { filter: refusing })
    expect(stdout).toBe("went on\n")
    expect(stderr).toContain("Operation not permitted")
  })
})

describe("the command's file", () => {
  const file = (name: string, text: string): string => {
    const path = join(stage.directory, name)
    writeFileSync(path, text)
    chmodSync(path, 0o755)
    return path
  }

  test("without a first line for the kernel is run by the shell, as execvp(3) does", async () => {
    const program = file("script", 'echo "$0|$1|$2|$VARIABLE"; exit 5')
    const words = ["./script", "a b", "*"]
    const { code, stdout } = await stage.run({ program, words, environment: { VARIABLE: "x" } })
    expect({ code, stdout }).toEqual({ code: 5, stdout: `${program}|a b|*|x\n` })
  })

  test("that names an interpreter is run by that", async () => {
    const program = file("with-interpreter", "#!/bin/cat\ntext\n")
    expect((await stage.run({ program, words: ["with-interpreter"] })).stdout).toBe("#!/bin/cat\ntext\n")
  })

  test.each([
    ["whose interpreter is missing", () => file("no-interpreter", "#!/no/such/interpreter\n")],
    ["that is not there", () => "/no/such/program"],
    ["that is a directory", () => "/etc"],
    ["that may not be executed", () => "/etc/passwd"],
  ])("%s cannot be executed: 126, and a sentence", async (_, make) => {
    const program = make()
    expect(await stage.run({ program })).toEqual({
      code: 126,
      stdout: "",
      stderr: `cordon: ${program} cannot be executed\n`,
    })
  })

  test("with a name for terminals to choke on is told without", async () => {
    const { stderr } = await stage.run({ program: "/no/\u001b[31mred" })
    expect(stderr).toStartWith("cordon: ")
    expect(stderr).not.toContain("\u001b")
  })
})

describe("bubblewrap as the guardian", () => {
  test("alive: the command starts", async () => {
    expect((await stage.shell("echo ran")).stdout).toBe("ran\n")
  })

  test("dead: nothing starts, because nobody would take it along", async () => {
    expect(await stage.shell("echo ran", {}, { guardian: "dead" })).toEqual(refusal("ppoll"))
  })

  test("unknown, its descriptor closed: nothing starts", async () => {
    // poll(2) tells of a closed descriptor as of an event.
    expect(await stage.shell("echo ran", {}, { guardian: "nothing" })).toEqual(refusal("ppoll"))
  })
})

describe("our supervisor as the guardian", () => {
  const supervised = { guardian: supervisor }

  test("hears who hands the listener over, and gives the word", async () => {
    const outcome = await stage.shell("echo $$; exit 3", supervised, { guardian: "supervisor" })
    const { child, sender } = stage.report
    expect(outcome).toEqual({ code: 3, stdout: `${child}\n`, stderr: "" })
    expect(sender).toBe(child)
  })

  test("that hears of no calls still gives the word", async () => {
    const unfiltered = { guardian: { kind: "supervisor", filter: undefined, border: false } } as const
    const outcome = await stage.shell("echo $$; exit 3", unfiltered, { guardian: "supervisor" })
    const { child, sender } = stage.report
    expect({ ...outcome, sender }).toEqual({ code: 3, stdout: `${child}\n`, stderr: "", sender: child })
    const ended = await stage.shell("echo ran", unfiltered, { guardian: "supervisor", supervisor: "ends" })
    expect(ended).toEqual(refusal("read"))
  })

  test("answers the calls that the filter hands over", async () => {
    const { mkdir, mkdirat } = callNumbers(presentArchitecture())
    const filter = assemble([
      loadCallNumber(),
      ...[mkdir, mkdirat].flatMap(number =>
        number === undefined ? [] : [ifEqual(number, { yes: "asked" })],
      ),
      answer(answers.allow),
      label("asked"),
      answer(answers.notify),
    ])
    const { code, stderr } = await stage.shell(
      "exec mkdir never-made",
      { guardian: { kind: "supervisor", filter, border: false } },
      { guardian: "supervisor", supervisor: "answers one call" },
    )
    expect(code).toBe(1)
    expect(stderr).toContain("Disk quota exceeded")
    expect(existsSync(join(stage.directory, "never-made"))).toBe(false)
  })

  test.each([
    [openFilter, true, ["socket", "socket", "socket", "socket", "seccomp notify"]],
    [undefined, true, ["socket", "socket", "socket", "socket"]],
    [openFilter, false, ["seccomp notify"]],
    [undefined, false, []],
  ])("is handed the border's sockets and the listener, as it wants them", async (filter, border, handed) => {
    const guardian = { kind: "supervisor", filter, border } as const
    const { code, stdout } = await stage.shell(
      "ls /proc/self/fd | wc -l",
      { guardian },
      { guardian: "supervisor" },
    )
    expect(code).toBe(0)
    expect(stage.report.handed.map(text => text.replace(/^anon_inode:|:\[\d+\]$/g, ""))).toEqual(handed)
    // 0, 1, 2, and the directory that ls reads.
    expect(stdout.trim()).toBe("4")
  })

  test("that ends before it gave the word: nothing starts", async () => {
    const launching = { guardian: "supervisor", supervisor: "ends" } as const
    expect(await stage.shell("echo ran", supervised, launching)).toEqual(refusal("read"))
  })

  test("that is gone before the listener is handed over: nothing starts", async () => {
    expect(await stage.shell("echo ran", supervised, { guardian: "gone" })).toEqual(refusal("sendmsg"))
  })

  test("whose socket is not there: nothing starts", async () => {
    expect(await stage.shell("echo ran", supervised, { guardian: "nothing" })).toEqual(refusal("sendmsg"))
  })
})

function refusal(what: string) {
  return {
    code: 125,
    stdout: "",
    stderr: `cordon: the sandbox could not be finished: ${what} failed; see cordon doctor\n`,
  }
}

describe("a step that fails ends it all: 125, and the step's name", () => {
  const everywhere: SystemCall[] = ["close_range", "rt_sigaction", "rt_sigprocmask", "seccomp"]
  const walls: SystemCall[] = [
    "landlock_create_ruleset",
    "landlock_add_rule",
    "landlock_restrict_self",
    "close",
  ]
  const change = (guardian: Guardian): Partial<LastSteps> => ({
    guardian,
    restoredSignals: [SIGPIPE],
    landlock: noWall ? undefined : wall([{ path: stage.directory, kind: "directory" }]),
  })

  test.each<SystemCall>([...everywhere, "ppoll"])("%s with bubblewrap as the guardian", async refused => {
    expect(await stage.shell("echo ran", change({ kind: "bubblewrap" }), { refused })).toEqual(
      refusal(refused),
    )
  })

  test.each<SystemCall>([...everywhere, "sendmsg", "read", "close"])(
    "%s with our supervisor as the guardian",
    async refused => {
      const launching = { refused, guardian: "supervisor" } as const
      expect(await stage.shell("echo ran", change(supervisor), launching)).toEqual(refusal(refused))
    },
  )

  test.skipIf(noWall).each(walls)(
    "%s of the wall [skipped when Landlock is older than ABI 2]",
    async refused => {
      expect(await stage.shell("echo ran", change({ kind: "bubblewrap" }), { refused })).toEqual(
        refusal(refused),
      )
    },
  )

  test.skipIf(noWall)("opening a place of the wall [skipped when Landlock is older than ABI 2]", async () => {
    const outcome = await stage.shell("echo ran", change({ kind: "bubblewrap" }), { refused: "openat" })
    expect(outcome).toEqual(refusal(`opening ${stage.directory}`))
  })
})

describe("the executable", () => {
  test.each(["x86_64", "aarch64"] as const)("is made for %s, whatever is asked for", architecture => {
    const full = stepsWith({
      filter: seccompFilter(architecture, { nestedUserns: true }),
      guardian: { kind: "supervisor", filter: openFilter, border: false },
      landlock: { abi: 7, scopeAbstractSockets: true, writable: [{ path: "/tmp", kind: "directory" }] },
      restoredSignals: [SIGPIPE, SIGINT],
    })
    for (const steps of [full, { ...full, guardian: { kind: "bubblewrap" } as const }, stepsWith()]) {
      const image = Buffer.from(lastStepsProgram(steps, architecture))
      expect(image.subarray(0, 4)).toEqual(Buffer.from("\x7fELF", "latin1"))
      expect(image.readUInt16LE(18)).toBe({ x86_64: 62, aarch64: 183 }[architecture])
    }
  })

  test("is the same for the same steps", () => {
    const make = () => Buffer.from(lastStepsProgram(stepsWith({ restoredSignals: [SIGPIPE] }), "x86_64"))
    expect(make()).toEqual(make())
  })
})
