/** Errors that say that this process may not have more of something (getrlimit(2)): the host's, not ours. */
import { HostError } from "../base/error.ts"
import { SystemError } from "../kernel/libc.ts"

/** errno(3), and what to do. */
const scarce: Readonly<Record<string, string>> = {
  EMFILE: "raise the limit on open files, see `ulimit -n`",
  ENFILE: "raise the limit on open files of the whole machine, see /proc/sys/fs/file-max",
  EFBIG: "raise the limit on file sizes, see `ulimit -f`",
  EAGAIN: "raise the limit on processes and threads, see `ulimit -u`",
  ENOMEM: "free memory, or raise the limit, see `ulimit -v`",
  ENOSPC: "make room on the disk, see `df`",
}

/** @returns undefined for any other error */
export function limitError(error: unknown): HostError | undefined {
  if (!(error instanceof Error)) return undefined
  const { code } = error as NodeJS.ErrnoException
  const name = code ?? (error instanceof SystemError ? error.message.split(": ").at(-1) : undefined)
  const hint = scarce[name ?? ""]
  if (hint === undefined) return undefined
  return new HostError(`Cordon may not have what it needs: ${error.message}`, hint)
}
