/**
 * A name ↔ an address of the sandbox's own network: what a program dials tells which name it asked for, with nothing
 * resolved. Who floods us with names gets no more memory than the bounds say, and takes no address from names in use.
 */

export type NameBounds = {
  /** names that have an address at one time */
  namesMax: number
  /** characters of all their names together */
  charactersMax: number
  /** milliseconds after the last question for which a name keeps an address that nobody dialled */
  askedMs: number
  /** milliseconds after the last question or connection for which a name keeps an address that was dialled */
  dialledMs: number
  /** milliseconds, from any start */
  now: () => number
}

const defaults: NameBounds = {
  namesMax: 65_536,
  charactersMax: 4 * 1024 * 1024,
  // Programs ask again when the answer's time to live is over, or soon after; some ask once and dial for hours.
  askedMs: 10 * 60_000,
  dialledMs: 6 * 3_600_000,
  now: () => performance.now(),
}

type Entry = { name: string; index: number; usedMs: number }

export class SyntheticNames {
  readonly #bounds: NameBounds
  /** by name, the least recently used first: those nobody dialled, and those that somebody did */
  readonly #asked = new Map<string, Entry>()
  readonly #dialled = new Map<string, Entry>()
  /** by the address's index */
  readonly #entries: (Entry | undefined)[] = []
  readonly #free: number[] = []
  #characters = 0

  constructor(bounds: Partial<NameBounds> = {}) {
    this.#bounds = { ...defaults, ...bounds }
  }

  /**
   * The name's address, a new one when it has none.
   * @param name canonical
   * @returns IPv4 text, or undefined as long as every address belongs to a name that was used recently
   */
  addressOf(name: string): string | undefined {
    const known = this.#dialled.get(name) ?? this.#asked.get(name)
    if (known !== undefined) {
      this.#use(known, this.#dialled.has(name) ? this.#dialled : this.#asked)
      return addressAt(known.index)
    }
    if (!this.#makeRoom(name.length)) return undefined
    const index = this.#free.pop() ?? this.#entries.length
    const entry = { name, index, usedMs: 0 }
    this.#entries[index] = entry
    this.#characters += name.length
    this.#use(entry, this.#asked)
    return addressAt(index)
  }

  /** The name whose address was dialled. From now on it keeps its address for longer. */
  dialled(address: string): string | undefined {
    const entry = this.#entryAt(address)
    if (entry !== undefined) this.#use(entry, this.#dialled)
    return entry?.name
  }

  /** The name that has an address. Asking changes nothing. */
  nameOf(address: string): string | undefined {
    return this.#entryAt(address)?.name
  }

  #entryAt(address: string): Entry | undefined {
    const index = indexOf(address)
    return index === undefined ? undefined : this.#entries[index]
  }

  /** Puts the entry last: a map keeps the order in which its keys came. */
  #use(entry: Entry, group: Map<string, Entry>): void {
    this.#asked.delete(entry.name)
    this.#dialled.delete(entry.name)
    entry.usedMs = this.#bounds.now()
    group.set(entry.name, entry)
  }

  #makeRoom(characters: number): boolean {
    const { namesMax, charactersMax, askedMs, dialledMs } = this.#bounds
    while (this.#asked.size + this.#dialled.size >= namesMax || this.#characters + characters > charactersMax)
      if (!this.#dropOldest(this.#asked, askedMs) && !this.#dropOldest(this.#dialled, dialledMs)) return false
    return true
  }

  #dropOldest(group: Map<string, Entry>, ageMs: number): boolean {
    const [oldest] = group.values()
    if (oldest === undefined || this.#bounds.now() - oldest.usedMs < ageMs) return false
    group.delete(oldest.name)
    this.#entries[oldest.index] = undefined
    this.#free.push(oldest.index)
    this.#characters -= oldest.name.length
    return true
  }
}

/** 198.18.1.1 is the first: what is below belongs to the sandbox itself (plan/inside-network.ts). */
const [first, second, third] = [198, 18, 1]
/** Last parts from 1 to 254: some programs take .0 and .255 for a network and for everybody in it. */
const perThird = 254

function addressAt(index: number): string {
  const row = third + Math.floor(index / perThird)
  return `${first}.${second + (row >> 8)}.${row & 0xff}.${1 + (index % perThird)}`
}

/** @returns undefined for what `addressAt` never gives */
function indexOf(address: string): number | undefined {
  const parts = address.split(".").map(Number)
  const [start, ...rest] = parts
  const [high = 0, low = 0, last = 0] = rest
  const index = (((high - second) << 8) + low - third) * perThird + last - 1
  return start === first && addressAt(index) === address ? index : undefined
}
