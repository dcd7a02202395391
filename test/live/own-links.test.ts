/** Paths that mean another process to whoever looks them up. */
import { describe, expect, test } from "bun:test"
import { isForeignLink, mayBeOwn, ownLink } from "../../src/live/own-links.ts"

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
    ["/proc/thread-self/comm", `/proc/${pid}/task/${pid}/comm`],
    ["/proc/thread-self", `/proc/${pid}/task/${pid}`],
    ["/proc/thread-self/ns/net", `/proc/${pid}/task/${pid}/ns/net`],
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

describe("links that the kernel follows to what has no name", () => {
  test.each([
    "/proc/7/fd/3",
    "/proc/7/cwd",
    "/proc/72/root",
    "/proc/12/exe",
    "/proc/7/ns/net",
    "/proc/7/task/8/fd/3",
    "/proc/7/task/8/ns/mnt",
    "/proc/7/map_files/1000-2000",
  ])("%s", path => expect(isForeignLink(path, undefined)).toBe(true))
  test.each([
    // The first process of the sandbox is bubblewrap.
    "/proc/1/fd/3",
    "/proc/1/root",
    "/proc/1/task/1/cwd",
    "/proc/7/fd",
    "/proc/7/fd/3/x",
    "/proc/7/status",
    "/proc/self/fd/3",
    "/p/proc/7/fd/3",
    "/proc/7/environ",
  ])("not %s", path => expect(isForeignLink(path, undefined)).toBe(false))
})
