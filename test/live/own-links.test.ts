/** Paths that mean another process to whoever looks them up. */
import { describe, expect, test } from "bun:test"
import { mayBeOwn, ownLink } from "../../src/live/own-links.ts"

const { pid } = process

describe("lead to a link of the thread", () => {
  test.each([
    ["/proc/self/fd/3", "fd/3", ""],
    ["/proc/self/fd/3/", "fd/3", ""],
    ["/proc/self/fd/3//a/b", "fd/3", "a/b"],
    ["/proc/thread-self/cwd/x", "cwd", "x"],
    ["/proc/self/root/etc", "root", "etc"],
    ["/proc/self/exe", "exe", ""],
    ["/dev/fd/12", "fd/12", ""],
    [`/proc/${pid}/fd/0`, "fd/0", ""],
  ])("%s", (path, link, rest) => {
    expect(mayBeOwn(Buffer.from(path))).toBe(true)
    expect(ownLink(path, pid)).toEqual({ kind: "link", link, rest })
  })
})

describe("name the thread's own directory", () => {
  test.each([
    ["/proc/self", `/proc/${pid}`],
    ["/proc/self/status", `/proc/${pid}/status`],
    ["/proc/thread-self/comm", `/proc/${pid}/comm`],
    ["/proc/mounts", `/proc/${pid}/mounts`],
    ["/proc/net/tcp", `/proc/${pid}/net/tcp`],
  ])("%s", (path, own) => expect(ownLink(path, pid)).toEqual({ kind: "path", path: own }))
})

describe("are nobody's own", () => {
  test.each([
    "/proc",
    "/proc/selfish",
    "/proc/1/fd/0",
    "/proc/self2/fd/0",
    "/dev/fd",
    "/dev/fdx/3",
    "/proc/cpuinfo",
  ])("%s", path => expect(ownLink(path, pid)).toBeUndefined())
  test.each(["/p/self/fd/3", "/dev/null", "proc/self", "/", ""])("%j is not even looked at", path =>
    expect(mayBeOwn(Buffer.from(path))).toBe(false),
  )
})
