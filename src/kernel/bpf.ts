/**
 * An assembler with labels for the programs that decide on system calls (seccomp(2); the machine: kernel documentation,
 * networking/filter). A jump that cannot be encoded is refused: one whose distance is cut to its 8 bits lands somewhere
 * else, and a call that was to be refused is allowed.
 */

/** A place in the program, or an instruction; `yes` and `no` name places, absent = the next instruction. */
export type Line =
  | { kind: "label"; name: string }
  | { kind: "plain"; code: number; value: number }
  | { kind: "jump"; to: string }
  | { kind: "test"; code: number; value: number; branches: Branches }

/** Where a test goes on. */
export type Branches = { yes?: string; no?: string }

/** BPF_MAXINSNS (linux/bpf_common.h): the kernel takes no longer program. */
export const instructionsMax = 4096
/** Conditional jumps have 8 bits for each distance. */
const testDistanceMax = 255
const wordMax = 0xffff_ffff

/** Operation codes (linux/bpf_common.h). */
const codes = {
  loadWord: 0x20, // BPF_LD | BPF_W | BPF_ABS
  and: 0x54, // BPF_ALU | BPF_AND | BPF_K
  jump: 0x05, // BPF_JMP | BPF_JA
  equal: 0x15, // BPF_JMP | BPF_JEQ | BPF_K
  greater: 0x25, // BPF_JMP | BPF_JGT | BPF_K
  atLeast: 0x35, // BPF_JMP | BPF_JGE | BPF_K
  anyBit: 0x45, // BPF_JMP | BPF_JSET | BPF_K
  answer: 0x06, // BPF_RET | BPF_K
}

/** Offsets in struct seccomp_data (seccomp(2)): nr, arch, instruction pointer, six arguments of 64 bits. */
const callNumberOffset = 0
const architectureOffset = 4
const argumentsOffset = 16

/** What a program can answer (SECCOMP_RET_*, seccomp(2)). */
export const answers = {
  allow: 0x7fff_0000,
  /** the call waits until the holder of the listener has decided (seccomp_unotify(2)) */
  notify: 0x7fc0_0000,
  killProcess: 0x8000_0000,
  /** SECCOMP_RET_ERRNO without one: the call returns 0, and nothing was done */
  doNothing: 0x5_0000,
  /** @param errno what the call fails with; more than 16 bits would change the answer itself */
  fail: (errno: number): number => {
    if (!Number.isInteger(errno) || errno < 1 || errno > 4095)
      throw new RangeError(`bug: ${errno} is no errno`)
    return 0x0005_0000 | errno
  },
}

/** A name for the instruction that follows. */
export function label(name: string): Line {
  return { kind: "label", name }
}

export function loadCallNumber(): Line {
  return plain(codes.loadWord, callNumberOffset)
}

/** AUDIT_ARCH_* of the convention that the call was made by: the same number is another call in each. */
export function loadArchitecture(): Line {
  return plain(codes.loadWord, architectureOffset)
}

/** Bits 0–31 of an argument, 0 being the first: all that the kernel looks at where its parameter is an int. */
export function loadLow(argument: number): Line {
  return plain(codes.loadWord, argumentOffset(argument))
}

/** Bits 32–63 of an argument (both architectures are little endian). */
export function loadHigh(argument: number): Line {
  return plain(codes.loadWord, argumentOffset(argument) + 4)
}

/** Keeps these bits of what was loaded. */
export function mask(bits: number): Line {
  return plain(codes.and, bits)
}

export function ifEqual(value: number, branches: Branches): Line {
  return test(codes.equal, value, branches)
}

/** Unsigned. */
export function ifGreater(value: number, branches: Branches): Line {
  return test(codes.greater, value, branches)
}

/** Unsigned. */
export function ifAtLeast(value: number, branches: Branches): Line {
  return test(codes.atLeast, value, branches)
}

export function ifAnyBit(bits: number, branches: Branches): Line {
  return test(codes.anyBit, bits, branches)
}

/** The only jump that has 32 bits for its distance. */
export function jump(to: string): Line {
  return { kind: "jump", to }
}

/** Ends the program. @param value of `answers` */
export function answer(value: number): Line {
  return plain(codes.answer, value)
}

/**
 * The program as the kernel takes it: an array of struct sock_filter (code 16 bits, two distances of 8, value 32).
 * @throws RangeError for a distance that does not fit, a jump backwards, a label that is unknown or stands twice, a
 * program that is too long or that can run past its end
 */
export function assemble(lines: readonly Line[]): Uint8Array {
  const places = placesOf(lines)
  const instructions = lines.filter(line => line.kind !== "label")
  const last = instructions.at(-1)
  if (last?.kind !== "plain" || last.code !== codes.answer)
    throw new RangeError("bug: a BPF program ends with an answer")
  if (instructions.length > instructionsMax)
    throw new RangeError(`bug: ${instructions.length} instructions; BPF allows ${instructionsMax}`)
  const bytes = new DataView(new ArrayBuffer(instructions.length * 8))
  for (const [index, line] of instructions.entries()) {
    const { code, yes, no, value } = encode(line, { places, index, count: instructions.length })
    bytes.setUint16(index * 8, code, true)
    bytes.setUint8(index * 8 + 2, yes)
    bytes.setUint8(index * 8 + 3, no)
    bytes.setUint32(index * 8 + 4, value, true)
  }
  return new Uint8Array(bytes.buffer)
}

type Site = { places: ReadonlyMap<string, number>; index: number; count: number }
type Encoded = { code: number; yes: number; no: number; value: number }

function encode(line: Exclude<Line, { kind: "label" }>, site: Site): Encoded {
  switch (line.kind) {
    case "plain":
      return { code: line.code, yes: 0, no: 0, value: line.value }
    case "jump":
      return { code: codes.jump, yes: 0, no: 0, value: distance(line.to, wordMax, site) }
    case "test": {
      const { yes, no } = line.branches
      return {
        code: line.code,
        yes: distance(yes, testDistanceMax, site),
        no: distance(no, testDistanceMax, site),
        value: line.value,
      }
    }
  }
}

/** Distances count from the next instruction. */
function distance(name: string | undefined, max: number, { places, index, count }: Site): number {
  if (name === undefined) return 0
  const place = places.get(name)
  if (place === undefined) throw new RangeError(`bug: no label ${name}`)
  if (place >= count) throw new RangeError(`bug: nothing stands at ${name}`)
  const found = place - index - 1
  if (found < 0 || found > max)
    throw new RangeError(`bug: the jump to ${name} spans ${found} instructions; 0 to ${max} can be encoded`)
  return found
}

function placesOf(lines: readonly Line[]): Map<string, number> {
  const places = new Map<string, number>()
  let index = 0
  for (const line of lines) {
    if (line.kind !== "label") index++
    else if (places.has(line.name)) throw new RangeError(`bug: the label ${line.name} stands twice`)
    else places.set(line.name, index)
  }
  return places
}

function argumentOffset(argument: number): number {
  if (!Number.isInteger(argument) || argument < 0 || argument > 5)
    throw new RangeError(`bug: a system call has no argument ${argument}`)
  return argumentsOffset + 8 * argument
}

function plain(code: number, value: number): Line {
  return { kind: "plain", code, value: word(value) }
}

function test(code: number, value: number, branches: Branches): Line {
  return { kind: "test", code, value: word(value), branches }
}

function word(value: number): number {
  if (!Number.isInteger(value) || value < 0 || value > wordMax)
    throw new RangeError(`bug: ${value} is no number of 32 bits`)
  return value
}
