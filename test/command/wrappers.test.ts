import { describe, expect, test } from "bun:test"
import { unwrap } from "../../src/command/unwrap.ts"
import { shells, wrappers } from "../../src/command/wrappers.ts"

/** The names of what a line starts; its words stand between single blanks. */
function started(line: string): string {
  return unwrap(line.split(" "))
    .map(({ name }) => name)
    .join(" ")
}

describe("the table of wrappers", () => {
  const names = wrappers.flatMap(wrapper => wrapper.names)

  test("names no program twice", () => {
    expect([...new Set([...names, ...shells])]).toEqual([...names, ...shells])
  })

  test("has no option both with and without a value", () => {
    for (const { valued = "", flags = "", longValued = [], longFlags = [] } of wrappers) {
      expect([...valued].filter(letter => flags.includes(letter))).toEqual([])
      expect(longValued.filter(name => longFlags.includes(name))).toEqual([])
    }
  })

  test("lets only known options end a wrapper", () => {
    for (const { quits = [], flags = "", longFlags = [], lenient } of wrappers) {
      expect(quits.filter(name => !lenient && !flags.includes(name) && !longFlags.includes(name))).toEqual([])
    }
  })

  test.each(names.filter(name => !["timeout", "taskset", "chrt"].includes(name)))("%s claude", name => {
    expect(started(`${name} claude -p hi`)).toBe("claude")
    expect(started(`/usr/bin/${name} /opt/claude`)).toBe("claude")
  })

  test.each(names)("%s alone is itself", name => {
    expect(started(name)).toBe(name)
  })
})

describe("env", () => {
  test.each([
    "env A=b claude",
    "env A=b C=d claude -p hi",
    "env A= claude",
    "env A=b=c claude",
    "env a.b=c claude",
    "env -i claude",
    "env - claude",
    "env - A=b claude",
    "env -i - A=b claude",
    "env -u A claude",
    "env -uA claude",
    "env -iu A claude",
    "env -u A -u B C=d claude",
    "env --unset A claude",
    "env --unset=A claude",
    "env -C /tmp claude",
    "env --chdir=/tmp claude",
    "env -a x claude",
    "env --argv0=x claude",
    "env -0 -v claude",
    "env --block-signal claude",
    "env --block-signal=HUP claude",
    "env --default-signal=PIPE --ignore-signal claude",
    "env --list-signal-handling claude",
    "env -- claude",
    "env -- A=b claude",
    "env -u A -- A=b claude",
    "env -S claude",
    "env -Sclaude",
    "env -vS claude",
    "env --split-string claude",
    "env --split-string=claude",
    "env -S A=b claude",
    "env -S -i claude",
    "env -S -S claude",
    "env -S nice claude",
    "/usr/bin/env claude",
  ])("%s", line => {
    expect(started(line)).toBe("claude")
  })

  test.each([
    [["env", "-S", "A=b claude -p 'x y'"]],
    [["env", "-S", "  claude"]],
    [["env", "-SA=b nice -n 5 claude"]],
    [["env", "--split-string=-i A=b claude --x"]],
    [["env", "-S", "-u A -S 'B=c claude'"]],
    [["env", "-S", "A=b", "claude"]],
    [["env", "-S", "sh -c 'a && claude'"]],
    [["env", "-S", "'/opt/my programs/claude'"]],
  ])("%j", command => {
    expect(unwrap(command).map(({ name }) => name)).toContain("claude")
  })

  test.each([
    "env --help claude",
    "env --version claude",
    "env -z claude",
    "env --other claude",
    "env -u",
    "env -u claude",
    "env A=b",
    "env A=b -- claude",
    "env A=b -i claude",
    "env --unset claude",
    "env -C claude",
    "env A=b - claude",
    "env -S",
  ])("not %s", line => {
    expect(started(line)).not.toContain("claude")
  })

  test.each([
    [["env", "-S", "echo claude"]],
    [["env", "-S", "$X claude"]],
    [["env", "-S", "# claude"]],
    [["env", "-S", "echo; claude"]],
    [["env", "-S", "a && claude"]],
    [["env", "-S", ""]],
    [["env", ""]],
    [["env", "", "claude"]],
  ])("not %j", command => {
    expect(unwrap(command).map(({ name }) => name)).not.toContain("claude")
  })
})

describe("wrappers with a positional argument or old options", () => {
  test.each([
    "nice -n 5 claude",
    "nice -n5 claude",
    "nice -n -5 claude",
    "nice --adjustment=5 claude",
    "nice --adjustment 5 claude",
    "nice -5 claude",
    "nice --5 claude",
    "nice -+5 claude",
    "nice -n 5 -- claude",
    "nice -- claude",
    "timeout 30 claude",
    "timeout 30s claude -p hi",
    "timeout 1.5h claude",
    "timeout .5 claude",
    "timeout 2d claude",
    "timeout inf claude",
    "timeout 0 claude",
    "timeout -- 30 claude",
    "timeout -k 5 30 claude",
    "timeout -k5 30 claude",
    "timeout -s KILL 30 claude",
    "timeout -sKILL 30 claude",
    "timeout --signal=KILL 30 claude",
    "timeout --signal KILL 30 claude",
    "timeout --kill-after=5s -v 30 claude",
    "timeout --foreground --preserve-status 30 claude",
    "timeout -vk 5 30 claude",
    "timeout -s KILL -- 30 claude",
    "taskset 0x3 claude",
    "taskset 3 claude",
    "taskset ff claude",
    "taskset -c 0-3,5 claude",
    "taskset -c 0 claude",
    "taskset -c 0-31:2 claude",
    "taskset -ac 0,2 claude",
    "taskset --cpu-list 1 claude",
    "chrt 10 claude",
    "chrt -f 10 claude",
    "chrt -b 0 claude",
    "chrt -R -r 5 claude",
    "chrt -d -T 1000 -P 5000 -D 5000 0 claude",
    "chrt --idle 0 claude",
    "chrt --deadline --sched-runtime 5 0 claude",
  ])("%s", line => {
    expect(started(line)).toBe("claude")
  })

  test.each([
    "nice -n claude",
    "nice -x claude",
    "nice --help claude",
    "nice -5x claude",
    "timeout claude",
    "timeout claude 30",
    "timeout 30",
    "timeout 30 -- claude",
    "timeout 30x claude",
    "timeout -5 claude",
    "timeout -- claude 30",
    "timeout -k 30 claude",
    "timeout --weird 30 claude",
    "timeout --help 30 claude",
    "timeout 1,5 claude",
    "taskset claude",
    "taskset -p 3 claude",
    "taskset -cp 0 claude",
    "taskset -c claude 0",
    "chrt claude",
    "chrt -p 10 claude",
    "chrt -m claude",
    "chrt --max 1 claude",
    "chrt high claude",
    "chrt -10 claude",
  ])("not %s", line => {
    expect(started(line)).not.toContain("claude")
  })
})

describe("the other wrappers", () => {
  test.each([
    "stdbuf -oL claude",
    "stdbuf -o L -e 0 -i 0 claude",
    "stdbuf --output=L claude",
    "stdbuf --output L --error 0 claude",
    "ionice -c2 -n0 claude",
    "ionice -c 3 -t claude",
    "ionice --class idle claude",
    "ionice --class=2 --classdata=7 claude",
    "command claude",
    "command -p claude",
    "command -- claude",
    "exec claude",
    "exec -a name claude",
    "exec -cl claude",
    "exec -cla name claude",
    "time claude",
    "time -p claude",
    "time -f %e claude",
    "time -o out -a -v claude",
    "time --format=%e --output out claude",
    "nohup claude",
    "nohup -- claude",
    "setsid claude",
    "setsid -cfw claude",
    "setsid --wait --ctty claude",
    "unbuffer claude",
    "unbuffer -p claude",
    "winpty claude",
    "caffeinate -i claude",
    "caffeinate -dims -t 60 claude",
    "caffeinate -w 123 claude",
    "xvfb-run -a claude",
    "xvfb-run -a -s x claude",
    "xvfb-run -n 5 --server-args=x -w 0 claude",
    "xvfb-run --auto-servernum --server-num 5 claude",
    "strace -f claude",
    "strace -f -o out claude",
    "strace -ff -e trace=file claude",
    "strace -eopen -s 200 -y claude",
    "strace --output=out claude",
    "strace -E A=b -u me claude",
    "ltrace -S claude",
    "ltrace -e malloc -o out claude",
  ])("%s", line => {
    expect(started(line)).toBe("claude")
  })

  test.each([
    "stdbuf -o claude",
    "stdbuf -x claude",
    "ionice -p 1 claude",
    "ionice -P 1 claude",
    "ionice -u 1 claude",
    "ionice -c claude",
    "command -v claude",
    "command -V claude",
    "command -pv claude",
    "exec -a claude",
    "exec -z claude",
    "time -o claude",
    "time --version claude",
    "nohup --help claude",
    "nohup -x claude",
    "setsid -x claude",
    "caffeinate -t claude",
    "xvfb-run -s claude",
    "xvfb-run --help claude",
    "strace -o claude",
    "strace -V claude",
  ])("not %s", line => {
    expect(started(line)).not.toContain("claude")
  })
})

describe("what is no wrapper", () => {
  test.each([
    "sudo",
    "sudo -E",
    "doas",
    "su -c",
    "xargs",
    "ssh host",
    "docker run image",
    "podman run image",
    "script -c",
    "flock /tmp/lock",
    "unshare -r",
    "chroot /",
    "watch",
    "parallel",
    "find . -exec",
    "echo",
    "grep",
    "which",
    "man",
    "cat",
    "eval",
    "node",
    "python3 -m",
    "vim",
    "tmux new",
  ])("%s claude", words => {
    expect(started(`${words} claude`)).toBe(words.split(" ")[0] ?? "")
  })
})

/** The wrappers of coreutils, held against the real ones: what we say runs does run. */
describe("the real program agrees", () => {
  for (const words of [
    "env A=b",
    "env -i",
    "env -u A",
    "env -uA --",
    "env - A=b",
    "env -- A=b",
    "env -C /tmp",
    "nice -n 5",
    "nice -n5",
    "nice -5",
    "nice -+5",
    "nice --adjustment=5 --",
    "timeout 30",
    "timeout -- 30",
    "timeout -k5 -s KILL 30s",
    "timeout --signal=KILL .5m",
    "stdbuf -oL -e 0",
    "nohup",
    "setsid -w",
  ]) {
    const [program = ""] = words.split(" ")
    test.skipIf(!Bun.which(program))(`${words} [skipped when ${program} is not installed]`, () => {
      const marker = ["/bin/sh", "-c", "echo started"]
      const run = Bun.spawnSync([...words.split(" "), ...marker], { stderr: "ignore" })
      expect(run.stdout.toString()).toBe("started\n")
      expect(started(`${words} claude`)).toBe("claude")
    })
  }

  test.each(["env A=b -- true", "timeout 30 -- true", "timeout true", "nice -x true", "env -z true"])(
    "not %s",
    words => {
      expect(Bun.spawnSync(words.split(" "), { stderr: "ignore" }).exitCode).not.toBe(0)
      expect(started(words)).not.toContain("true")
    },
  )
})
