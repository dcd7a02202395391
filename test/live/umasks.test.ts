/** Whose umask what is made on behalf of a thread gets, and when it is looked at. */
import { afterEach, beforeEach, describe, expect, test } from "bun:test"
import { Umasks } from "../../src/live/umasks.ts"

const initial = 0o022
let own = 0
beforeEach(() => {
  own = process.umask(initial)
})
afterEach(() => {
  process.umask(own)
})

/** A process that changes its umask when it is told to. */
class Shell implements AsyncDisposable {
  readonly #process = Bun.spawn(["sh"], { stdin: "pipe", stdout: "pipe", stderr: "inherit" })
  readonly #lines = this.#process.stdout.getReader()

  static async with(mask: string): Promise<Shell> {
    const shell = new Shell()
    await shell.set(mask)
    return shell
  }

  get thread(): number {
    return this.#process.pid
  }

  async set(mask: string): Promise<void> {
    this.#process.stdin.write(`umask ${mask}; echo done\n`)
    this.#process.stdin.flush()
    await this.#lines.read()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#process.stdin.end()
    await this.#process.exited
  }
}

/** What a file that is made for the thread now would be made with. */
function taken(umasks: Umasks, { thread }: Shell): number {
  umasks.take(thread)
  return process.umask()
}

test("it is the command's as long as nobody has changed it", async () => {
  await using shell = await Shell.with("077")
  expect(taken(new Umasks(initial), shell)).toBe(initial)
})

test("setting it to what it is changes nothing", async () => {
  await using shell = await Shell.with("077")
  const umasks = new Umasks(initial)
  umasks.willChange(shell.thread, initial)
  expect(taken(umasks, shell)).toBe(initial)
})

describe("when somebody changed it", () => {
  test("each has its own", async () => {
    await using one = await Shell.with("077")
    await using other = await Shell.with("002")
    const umasks = new Umasks(initial)
    umasks.willChange(one.thread, 0o077)
    for (let turn = 0; turn < 3; turn++) {
      expect(taken(umasks, one)).toBe(0o077)
      expect(taken(umasks, other)).toBe(0o002)
    }
  })

  test("it is kept until somebody changes it again, whoever that is", async () => {
    await using one = await Shell.with("077")
    await using other = await Shell.with("002")
    const umasks = new Umasks(initial)
    umasks.willChange(one.thread, 0o077)
    expect([taken(umasks, one), taken(umasks, other)]).toEqual([0o077, 0o002])
    await one.set("027")
    await other.set("007")
    // Nobody said so.
    expect([taken(umasks, one), taken(umasks, other)]).toEqual([0o077, 0o002])
    umasks.willChange(other.thread, 0o007)
    expect([taken(umasks, one), taken(umasks, other)]).toEqual([0o027, 0o007])
  })

  test("back to the command's own, too", async () => {
    await using shell = await Shell.with("077")
    const umasks = new Umasks(initial)
    umasks.willChange(shell.thread, 0o077)
    expect(taken(umasks, shell)).toBe(0o077)
    await shell.set("022")
    umasks.willChange(shell.thread, 0o022)
    expect(taken(umasks, shell)).toBe(0o022)
  })

  test("nothing is kept between the word that it may change and the change", async () => {
    await using changing = await Shell.with("022")
    await using sharing = await Shell.with("022")
    const umasks = new Umasks(initial)
    umasks.willChange(changing.thread, 0o077)
    // Not yet.
    expect(taken(umasks, sharing)).toBe(0o022)
    await sharing.set("077")
    expect(taken(umasks, sharing)).toBe(0o077)
    // The one who changes it makes another call, so that it has come about.
    await changing.set("077")
    expect(taken(umasks, changing)).toBe(0o077)
    await sharing.set("002")
    expect(taken(umasks, sharing)).toBe(0o002)
    await sharing.set("007")
    expect(taken(umasks, sharing)).toBe(0o002)
  })

  test("it is looked at again after a while: a number can have become another thread's", async () => {
    await using shell = await Shell.with("077")
    const umasks = new Umasks(initial)
    umasks.willChange(shell.thread, 0o077)
    expect(taken(umasks, shell)).toBe(0o077)
    await shell.set("027")
    await Bun.sleep(1100)
    expect(taken(umasks, shell)).toBe(0o027)
  })

  test("a thread that has ended gets what there was last", async () => {
    const umasks = new Umasks(initial)
    let ended = -1
    {
      await using shell = await Shell.with("077")
      ended = shell.thread
      umasks.willChange(ended, 0o077)
    }
    umasks.take(ended)
    expect(process.umask()).toBe(initial)
  })
})
