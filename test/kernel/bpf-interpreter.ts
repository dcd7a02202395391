/**
 * The machine that runs programs of seccomp, for tests: an independent reading of the kernel's documentation
 * (networking/filter), so that a program is proved by running it and not by comparing it with itself.
 */

/** What a program is asked about (struct seccomp_data, seccomp(2)). */
export type Call = {
  number: number
  /** AUDIT_ARCH_* */
  architecture: number
  arguments?: readonly bigint[]
}

export type Verdict = {
  value: number
  /** instructions that were run */
  steps: number
  /** whether an argument was looked at: the kernel caches what is allowed without that */
  looked: boolean
}

const size = 8

/** Runs a program as the kernel does. @throws Error for what the kernel would refuse to load */
export function runFilter(program: Uint8Array, call: Call): Verdict {
  if (program.length % size !== 0) throw new Error("not a whole number of instructions")
  const count = program.length / size
  if (count === 0 || count > 4096) throw new Error(`${count} instructions`)
  const code = new DataView(program.buffer, program.byteOffset, program.byteLength)
  const data = dataOf(call)
  let accumulator = 0
  let looked = false
  for (let at = 0, steps = 1; at < count; at++, steps++) {
    const value = code.getUint32(at * size + 4, true)
    const branch = (holds: boolean) => code.getUint8(at * size + (holds ? 2 : 3))
    switch (code.getUint16(at * size, true)) {
      case 0x20: // ld [value]
        if (value % 4 !== 0 || value > 60) throw new Error(`load from ${value}`)
        looked ||= value >= 16
        accumulator = data.getUint32(value, true)
        break
      case 0x54: // and
        accumulator = (accumulator & value) >>> 0
        break
      case 0x05: // ja
        at += value
        break
      case 0x15: // jeq
        at += branch(accumulator === value)
        break
      case 0x25: // jgt
        at += branch(accumulator > value)
        break
      case 0x35: // jge
        at += branch(accumulator >= value)
        break
      case 0x45: // jset
        at += branch((accumulator & value) !== 0)
        break
      case 0x06: // ret
        return { value, steps, looked }
      default:
        throw new Error(`no such instruction at ${at}`)
    }
  }
  throw new Error("ran past the end")
}

function dataOf({ number, architecture, arguments: words = [] }: Call): DataView {
  const data = new DataView(new ArrayBuffer(64))
  data.setUint32(0, number, true)
  data.setUint32(4, architecture, true)
  data.setBigUint64(8, 0x1234_5678_9abc_def0n, true)
  for (const [index, word] of words.entries()) data.setBigUint64(16 + 8 * index, word, true)
  return data
}
