/** Tables of facts: flags of the calls on files, and the errors they give (asm-generic/fcntl.h, asm-generic/errno-base.h). */
import { presentArchitecture } from "./system-calls.ts"

/** openat(2), openat2(2), open_how(2type); the octal ones differ on aarch64 where noted. */
const arm = presentArchitecture() === "aarch64"
export const flags = {
  accessMode: 3,
  readOnly: 0,
  writeOnly: 1,
  readWrite: 2,
  create: 0o100,
  exclusive: 0o200,
  noControllingTerminal: 0o400,
  truncate: 0o1000,
  append: 0o2000,
  nonBlocking: 0o4000,
  async: 0o20000,
  direct: arm ? 0o200000 : 0o40000,
  directory: arm ? 0o40000 : 0o200000,
  noFollow: arm ? 0o100000 : 0o400000,
  noAccessTime: 0o1000000,
  closeOnExec: 0o2000000,
  path: 0o10000000,
  /** O_TMPFILE's own bit: it is O_DIRECTORY as well */
  temporary: 0o20000000,
} as const

/** How openat2(2) may resolve a path. */
export const resolve = { noMagicLinks: 2, noSymlinks: 4, beneath: 8, inRoot: 16 } as const

/** of faccessat(2) and its kind */
export const at = {
  currentDirectory: -100,
  symlinkNoFollow: 0x100,
  removeDirectory: 0x200,
  symlinkFollow: 0x400,
  emptyPath: 0x1000,
} as const

export const errno = {
  notPermitted: 1,
  noEntry: 2,
  noProcess: 3,
  interrupted: 4,
  noDeviceOrAddress: 6,
  tooBig: 7,
  badDescriptor: 9,
  again: 11,
  access: 13,
  badAddress: 14,
  busy: 16,
  exists: 17,
  crossDevice: 18,
  notDirectory: 20,
  isDirectory: 21,
  tooManyFiles: 23,
  invalid: 22,
  noSpace: 28,
  readOnly: 30,
  nameTooLong: 36,
  noCall: 38,
  tooManyLinks: 40,
  notSocket: 88,
  wrongType: 91,
  addressInUse: 98,
  addressNotAvailable: 99,
  connectionReset: 104,
  refused: 111,
  already: 114,
  inProgress: 115,
} as const

/** `S_IFMT` of stat(2) */
export const fileTypes = {
  mask: 0o170000,
  fifo: 0o010000,
  directory: 0o040000,
  regular: 0o100000,
  link: 0o120000,
  characterDevice: 0o020000,
  socket: 0o140000,
} as const
