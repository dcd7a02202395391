/** Errors that say that this process may not have more of something (getrlimit(2)): the host's, not ours. */
import { HostError } from "../base/error.ts"
import { SystemError } from "../kernel/libc.ts"

/** errno(3), and what to look at. */
const scarce: Readonly<Record<string, string>> = {
  EMFILE: "open files, see `ulimit -n`",
  ENFILE: "open files of the whole machine, see /proc/sys/fs/file-max",
  EFBIG: "file sizes, see `ulimit -f`",
  EAGAIN: "processes and threads, see `ulimit -u`",
  ENOMEM: "memory, see `ulimit -v`",
  ENOSPC: "space on the disk, see `df`",
}

/** @returns undefined for any other error */
export function limitError(error: unknown): HostError | undefined {
  if (!(error instanceof Error)) return undefined
  const { code } = error as NodeJS.ErrnoException
  const name = code ?? (error instanceof SystemError ? error.message.split(": ").at(-1) : undefined)
  const what = scarce[name ?? ""]
  if (what === undefined) return undefined
  return new HostError(`Cordon may not have what it needs: ${error.message}`, `raise the limit on ${what}`)
}
