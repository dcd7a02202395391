/** Everything a launch does, as data: what a backend renders, `--dry-run` prints and `explain` reads. */
import type { Credential } from "../policy/credential.ts"
import type { HostRule } from "../policy/layer.ts"

/** One step of building the file system that the command sees; in order, shallow first. */
export type Mount =
  /** the host's own tree */
  | { kind: "host"; path: string; access: "read" | "write"; why: string }
  /** an empty directory of the sandbox's own, writable */
  | { kind: "private"; path: string; mode: number; why: string }
  /** an empty directory that cannot be listed or written; passable when something below it is visible */
  | { kind: "hidden-directory"; path: string; passable: boolean; why: string }
  /** an empty file that cannot be opened */
  | { kind: "hidden-file"; path: string; why: string }
  /** a directory of the sandbox's own below one that is private or hidden */
  | { kind: "directory"; path: string; mode: number; why: string }
  | { kind: "link"; path: string; target: string; why: string }
  | { kind: "file"; path: string; content: string; why: string }
  /** a file of the sandbox's own over one of the host's, read-only */
  | { kind: "data"; path: string; content: string | Uint8Array; why: string }
  | { kind: "proc"; path: string; why: string }
  | { kind: "dev"; path: string; why: string }
  /** no writing any more to what stands at the path, whatever is mounted below it */
  | { kind: "sealed"; path: string; why: string }

export type LandlockWall = {
  /** the version of the kernel's interface, which decides what can be named */
  abi: number
  /** everything else cannot be written, whatever is mounted where */
  writable: readonly { path: string; kind: "directory" | "file" }[]
  /** the host's abstract sockets are out of reach (in `off` the network namespace does that) */
  scopeAbstractSockets: boolean
}

/** What a sandbox without mounts needs besides (the landlock backend). */
export type BareSandbox = {
  /** the session's own directory, made for it and gone with it */
  directory: string
  /** the Node preload for browsers, a file in it */
  preload: string
  /** what Landlock lets be read and executed; the live engine judges each opening by itself */
  readable: readonly { path: string; kind: "directory" | "file" }[]
}

export type NetworkPlan =
  /** a network namespace with nothing in it */
  | { mode: "off" }
  /** the host's own */
  | { mode: "open" }
  | FilteredNetwork

/** A network namespace from which every connection ends at Cordon, which decides by host name and port. */
export type FilteredNetwork = {
  mode: "filtered"
  rules: readonly HostRule[]
  ask: "never" | "unlisted"
  /** how long a connection that is asked about is held */
  askTimeoutMs: number
  /** inside, 127.0.0.1 and these ports are the host's */
  hostPorts: readonly number[]
  /** the host's 127.0.0.1 and these ports are the sandbox's */
  expose: readonly number[]
  /** what the host itself goes through */
  proxy: UpstreamProxy | undefined
  credentials: readonly Credential[]
}

export type UpstreamProxy = {
  /** `http://user:password@proxy.corp:3128`: never shown with its password */
  url: string
  /** names, suffixes and ranges that are reached without it (NO_PROXY) */
  except: readonly string[]
}

export type LiveNames = {
  /** opening for reading is asked about too */
  reads: boolean
  /** what is asked about is opened by us: nothing is left to the kernel, which reads the path a second time */
  carriesOutReads: boolean
}

/** What the command may use of the machine. */
export type Limits = {
  /** how long the session may last, in milliseconds; undefined = without end */
  timeMs: number | undefined
  /** set by the last process before the command, for itself and all that come from it */
  resources: readonly ResourceLimit[]
  /** what holds for all processes of the session together */
  group: ControlGroup | undefined
  /** bytes that the group may have; undefined = without limit, or there is no group that could hold it */
  memory: number | undefined
}

export type ResourceLimit =
  /** processes and threads of the session, counted together (getrlimit(2), RLIMIT_NPROC) */
  | { resource: "processes"; most: number }
  /** bytes of private memory of each process by itself (getrlimit(2), RLIMIT_DATA) */
  | { resource: "data"; most: number }

/** A control group (cgroups(7)) that the command is put into before it starts. */
export type ControlGroup =
  | { kind: "directories"; directories: readonly GroupDirectory[] }
  /** made by systemd, which removes it when it is empty (systemd.scope(5)) */
  | {
      kind: "scope"
      manager: "system" | "user"
      /** path of busctl(1) */
      busctl: string
      /** name, type and value of each */
      properties: readonly (readonly string[])[]
      /** what the group then must have */
      values: readonly GroupValue[]
    }

export type GroupDirectory = {
  /** the group is made in this directory */
  parent: string
  /** controllers that the parent must hand on to it */
  enable: readonly string[]
  values: readonly GroupValue[]
}

export type GroupValue = {
  file: string
  value: string
  /** a kernel without the file has nothing to limit there */
  mayBeMissing?: true
}

/** A unix socket of the host, there or not. */
export type NamedSocket = {
  /** as the policy says it */
  path: string
  /** where that leads on the host */
  canonical: string
}

export type LaunchPlan = {
  session: string
  command: readonly string[]
  /** canonical project directory, and where the command starts */
  project: string
  mounts: readonly Mount[]
  /** the whole environment of the command */
  environment: Readonly<Record<string, string>>
  network: NetworkPlan
  /** programs inside may make user namespaces, and mount in those */
  nestedUserns: boolean
  /** Landlock beneath the mounts; undefined where the kernel has none */
  landlock: LandlockWall | undefined
  /** rules alone make the sandbox, without namespaces and mounts; undefined where bubblewrap builds one */
  bare: BareSandbox | undefined
  /** names decided on when they are used; undefined when mounts say it all */
  live: LiveNames | undefined
  limits: Limits
  /** unix sockets of the host that may be connected to */
  unixSockets: readonly NamedSocket[]
  /** files of the agent's own that lie in directories which are read-only inside */
  stateFiles: readonly string[]
  /** directories of the agent that are made on the host, as the agent itself would */
  create: readonly string[]
  warnings: readonly string[]
  /** protections that the host lacks and the policy calls optional */
  degraded: readonly string[]
}
