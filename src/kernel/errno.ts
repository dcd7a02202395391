/** Names of the errnos that the calls of libc.ts give (errno(3); the same numbers on x86_64 and aarch64). */
export const errnoNames: Readonly<Record<number, string>> = {
  1: "EPERM",
  2: "ENOENT",
  7: "E2BIG",
  8: "ENOEXEC",
  9: "EBADF",
  12: "ENOMEM",
  13: "EACCES",
  14: "EFAULT",
  22: "EINVAL",
  23: "ENFILE",
  24: "EMFILE",
  38: "ENOSYS",
  95: "EOPNOTSUPP",
}
