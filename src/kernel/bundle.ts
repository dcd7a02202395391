/**
 * Where the program's own modules lie in memory: Bun puts them into a section of the executable (elf(5)), which is mapped
 * from the file as data that may be written to. Nobody writes to it. Whatever cannot be found out means that there is no
 * such place: then its memory is kept, and that is all.
 */
import { close } from "./file-calls.ts"
import { flags } from "./file-flags.ts"
import { pageSize } from "./page-size.ts"
import { openAtPath } from "./path-calls.ts"
import { readProc } from "./proc-file.ts"
import { type Address, addressOf, rawCall } from "./raw-call.ts"
import { callNumbers, presentArchitecture } from "./system-calls.ts"

/** Part of the memory, in bytes. */
export type Range = { start: Address; length: number }

/** Offsets in Elf64_Ehdr and Elf64_Shdr. */
const header = { size: 64, sectionsAt: 40, sectionSize: 58, sections: 60, names: 62 }
const section = { name: 0, offset: 24, size: 32 }

/**
 * Whole pages that hold nothing but modules, all as the file has them.
 * @returns undefined for a program that was not built, and where one of them was written to after all
 */
export function bundleRange(): Range | undefined {
  const place = placeInFile("/proc/self/exe", ".bun")
  const page = pageSize()
  if (place === undefined || page === undefined) return undefined
  const range = mapped(place, page)
  return range !== undefined && isUnwritten(range, page) ? range : undefined
}

type Place = { offset: number; size: number }

/** Where a section lies in an executable. */
function placeInFile(path: string, sectionName: string): Place | undefined {
  const elf = readAt(path, 0, header.size)
  if (elf === undefined) return undefined
  const size = elf.readUInt16LE(header.sectionSize)
  const start = Number(elf.readBigUInt64LE(header.sectionsAt))
  const table = readAt(path, start, size * elf.readUInt16LE(header.sections))
  if (table === undefined) return undefined
  const sections = Array.from({ length: table.length / size }, (_, index) => ({
    name: table.readUInt32LE(index * size + section.name),
    offset: Number(table.readBigUInt64LE(index * size + section.offset)),
    size: Number(table.readBigUInt64LE(index * size + section.size)),
  }))
  const names = sections[elf.readUInt16LE(header.names)]
  const text = names && readAt(path, names.offset, names.size)?.toString("latin1")
  return sections.find(({ name }) => text?.startsWith(`${sectionName}\0`, name))
}

/** proc_pid_maps(5): from, to, rights, offset in the file, device, inode, path. */
function mapped({ offset, size }: Place, page: number): Range | undefined {
  const lines = /^([0-9a-f]+)-([0-9a-f]+) \S+ ([0-9a-f]+) \S+ \d+ +(.*)$/gm
  for (const [, ...parts] of (readProc("self/maps") ?? "").matchAll(lines)) {
    const [from = 0, to = 0, at = 0] = parts.slice(0, 3).map(text => Number.parseInt(text, 16))
    if (parts[3] !== process.execPath || offset < at || offset + size > at + to - from) continue
    const start = from + offset - at
    const [first, end] = [Math.ceil(start / page), Math.floor((start + size) / page)]
    return end > first ? { start: first * page, length: (end - first) * page } : undefined
  }
  return undefined
}

/** Of proc_pid_pagemap(5), the upper half of 64 bits a page: it is there, and it is the file's. What was written to is a copy. */
const [present, ofFile] = [1 << 31, 1 << 29]

/**
 * Whether each page is as the file has it that it is mapped from. Gone and read again it would be the same.
 * @param page its size in bytes
 */
export function isUnwritten({ start, length }: Range, page: number): boolean {
  const entries = readAt("/proc/self/pagemap", (start / page) * 8, (length / page) * 8)
  if (entries === undefined) return false
  for (let at = 4; at < entries.length; at += 8) {
    const entry = entries.readInt32LE(at)
    if ((entry & present) !== 0 && (entry & ofFile) === 0) return false
  }
  return true
}

/** pread(2). @returns undefined when there is not so much */
function readAt(path: string, offset: number, length: number): Buffer | undefined {
  const descriptor = openAtPath(path, flags.readOnly)
  if (descriptor < 0) return undefined
  const bytes = Buffer.alloc(length)
  const { pread64 } = callNumbers(presentArchitecture())
  const got = rawCall(pread64, descriptor, addressOf(bytes), length, offset)
  close(descriptor)
  return got === length ? bytes : undefined
}
