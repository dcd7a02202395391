/** Where control groups can be made, on machines that are made up of the texts that kernels give. */
import { describe, expect, test } from "bun:test"
import { type GroupFiles, type GroupPlaces, groupPlaces } from "../../src/host/cgroup-places.ts"

type Machine = {
  groups: string
  mounts: readonly string[]
  /** file → text */
  files?: Readonly<Record<string, string>>
  /** what this process may write */
  writable?: readonly string[]
}

function placesOn({ groups, mounts, files = {}, writable = [] }: Machine): GroupPlaces {
  const given: GroupFiles = {
    groups,
    mounts: mounts.join("\n"),
    read: path => files[path],
    writable: path => writable.includes(path),
  }
  return groupPlaces(given)
}

const v2 = "30 23 0:26 / /sys/fs/cgroup rw,nosuid shared:4 - cgroup2 cgroup2 rw,nsdelegate"
const v1 = (name: string, root = "/") =>
  `31 23 0:27 ${root} /sys/fs/cgroup/${name} rw - cgroup cgroup rw,${name}`

/** A directory of version 2 as the kernel shows it. */
function group(
  directory: string,
  fields: Partial<Record<"type" | "procs" | "subtree" | "controllers", string>>,
) {
  const { type = "domain", procs = "", subtree = "", controllers = "cpu memory pids" } = fields
  return {
    [`${directory}/cgroup.type`]: `${type}\n`,
    [`${directory}/cgroup.procs`]: procs,
    [`${directory}/cgroup.subtree_control`]: `${subtree}\n`,
    [`${directory}/cgroup.controllers`]: `${controllers}\n`,
  }
}

function may(...directories: string[]): string[] {
  return directories.flatMap(directory => [
    directory,
    `${directory}/cgroup.procs`,
    `${directory}/cgroup.subtree_control`,
  ])
}

const top = "/sys/fs/cgroup"

describe("version 2", () => {
  test("an ordinary user without delegation has no place", () => {
    const files = {
      ...group(`${top}/user.slice`, { subtree: "memory" }),
      ...group(`${top}/user.slice/s`, {}),
    }
    expect(placesOn({ groups: "0::/user.slice/s\n", mounts: [v2], files })).toEqual({
      unified: [],
      legacy: {},
    })
  })

  test("the parent of one's own group is a place, one's own group with processes in it is none", () => {
    const files = {
      ...group(`${top}/mine`, { subtree: "memory" }),
      ...group(`${top}/mine/leaf`, { procs: "1\n2\n" }),
    }
    const writable = may(`${top}/mine`, `${top}/mine/leaf`)
    expect(placesOn({ groups: "0::/mine/leaf", mounts: [v2], files, writable }).unified).toEqual([
      { directory: `${top}/mine`, controllers: ["memory", "cpu", "pids"] },
    ])
  })

  test("what cannot be switched on counts only when it is on", () => {
    const files = {
      ...group(`${top}/mine`, { subtree: "memory" }),
      ...group(`${top}/mine/leaf`, { procs: "1\n" }),
    }
    const writable = [`${top}/mine`, `${top}/mine/cgroup.procs`]
    expect(placesOn({ groups: "0::/mine/leaf", mounts: [v2], files, writable }).unified).toEqual([
      { directory: `${top}/mine`, controllers: ["memory"] },
    ])
  })

  test("a directory into which nobody may be moved is none", () => {
    const files = { ...group(`${top}/mine`, { subtree: "memory" }), ...group(`${top}/mine/leaf`, {}) }
    const writable = [`${top}/mine`, `${top}/mine/cgroup.subtree_control`]
    expect(placesOn({ groups: "0::/mine/leaf", mounts: [v2], files, writable }).unified).toEqual([])
  })

  test("the root, which has no type, may have processes", () => {
    const { [`${top}/cgroup.type`]: _, ...files } = group(top, { procs: "1\n2\n" })
    expect(placesOn({ groups: "0::/", mounts: [v2], files, writable: may(top) }).unified).toEqual([
      { directory: top, controllers: ["memory", "cpu", "pids"] },
    ])
  })

  test("the top of a container's namespace is not the root", () => {
    const files = group(top, { procs: "1\n2\n" })
    expect(placesOn({ groups: "0::/", mounts: [v2], files, writable: may(top) }).unified).toEqual([])
  })

  test("a threaded group is none", () => {
    const files = group(`${top}/mine`, { type: "threaded", subtree: "pids" })
    expect(
      placesOn({ groups: "0::/mine", mounts: [v2], files, writable: may(`${top}/mine`) }).unified,
    ).toEqual([])
  })

  test("nearer directories come first", () => {
    const files = {
      ...group(`${top}/a`, { subtree: "memory" }),
      ...group(`${top}/a/b`, { subtree: "memory" }),
    }
    const writable = may(`${top}/a`, `${top}/a/b`)
    const found = placesOn({ groups: "0::/a/b/c", mounts: [v2], files, writable }).unified
    expect(found.map(({ directory }) => directory)).toEqual([`${top}/a/b`, `${top}/a`])
  })

  test("a group outside of the namespace, or of what is mounted, is nowhere", () => {
    const files = group(`${top}/x`, {})
    const bound = "30 23 0:26 /docker/1 /sys/fs/cgroup rw - cgroup2 cgroup2 rw"
    for (const machine of [
      { groups: "0::/../x", mounts: [v2] },
      { groups: "0::/docker/2/x", mounts: [bound] },
      { groups: "0::/docker/12", mounts: [bound] },
      { groups: "", mounts: [v2] },
      { groups: "0::/x", mounts: [] },
    ])
      expect(placesOn({ ...machine, files, writable: may(`${top}/x`) }).unified).toEqual([])
    const inside = { groups: "0::/docker/1/x", mounts: [bound], files, writable: may(`${top}/x`) }
    expect(placesOn(inside).unified).toHaveLength(1)
  })
})

describe("version 1", () => {
  test("has a place for each controller, below the group of this process", () => {
    const memory = `${top}/memory/job`
    const writable = [...may(memory), ...may(`${top}/cpu,cpuacct`)]
    const mounts = [v1("memory"), v1("cpu,cpuacct"), v1("pids"), v1("freezer")]
    const groups = "9:freezer:/\n4:memory:/job\n3:pids:/\n1:cpu,cpuacct:/\n0::/\n"
    expect(placesOn({ groups, mounts, writable })).toEqual({
      unified: [],
      legacy: { memory, cpu: `${top}/cpu,cpuacct` },
    })
  })

  test("knows a container's own part", () => {
    const mounts = [v1("memory", "/docker/1")]
    const writable = may(`${top}/memory`)
    expect(placesOn({ groups: "4:memory:/docker/1", mounts, writable }).legacy).toEqual({
      memory: `${top}/memory`,
    })
    expect(placesOn({ groups: "4:memory:/", mounts, writable }).legacy).toEqual({})
  })

  test("stands beside version 2 on one machine", () => {
    const unified = "30 23 0:26 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw"
    const { [`${top}/unified/cgroup.type`]: _, ...files } = group(`${top}/unified`, { controllers: "pids" })
    const writable = [...may(`${top}/unified`), ...may(`${top}/memory`)]
    const groups = "4:memory:/\n0::/\n"
    expect(placesOn({ groups, mounts: [v1("memory"), unified], files, writable })).toEqual({
      unified: [{ directory: `${top}/unified`, controllers: ["pids"] }],
      legacy: { memory: `${top}/memory` },
    })
  })
})

test("text that is no text of the kernel's gives nothing, and ends", () => {
  for (const text of [
    "",
    "\n\n",
    "garbage",
    "::::",
    "0::",
    "0::relative",
    " - cgroup2",
    "a b c d e - cgroup2 x y",
  ])
    expect(placesOn({ groups: text, mounts: [text] })).toEqual({ unified: [], legacy: {} })
})
