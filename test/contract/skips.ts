/** Promise → why a backend cannot keep it. docs/backends.md is made of it (scripts/generate-backend-docs.ts). */
import type { Skips } from "./backend.ts"

export const skips: Readonly<Record<string, Skips>> = {
  bubblewrap: {},
  landlock: {
    "empties the bounding set of capabilities":
      "nobody but root can empty it; no_new_privs keeps a program from gaining what is in it",
    "has /tmp, /var/tmp and /dev/shm of its own":
      "there are no mounts: the host's are closed, and TMPDIR names a directory of the session's own",
    "has a loopback of its own while the network is off":
      "there is no network namespace: no internet socket can be made at all",
    "lists the processes inside": "there is no PID namespace: the host's list of processes is closed",
    "has System V shared memory of its own":
      "there is no IPC namespace: System V IPC and POSIX message queues are refused",
    "starts programs that may be executed and not read":
      "the kernel keeps their memory from Cordon, which could not read the paths they open",
    "keeps programs out of denied directories altogether":
      "Landlock knows no right to enter a directory or to ask for a file's size and times: they can, and cannot list or open",
  },
}
