/** What a backend hands to the kernel: a program, its words, its descriptors and its environment. Plain data. */

export type Invocation = {
  /** absolute path of the program */
  program: string
  words: readonly string[]
  /** descriptors that the program finds open, besides 0, 1 and 2 */
  descriptors: readonly Descriptor[]
  environment: Readonly<Record<string, string>>
  /** the number of one more descriptor, by which the one inside and whoever watches over it know of each other */
  guardian: number
  /** undefined where everything is there from the start */
  late: LateProgram | undefined
}

/** What the program executes in the end is made while it does everything else. */
export type LateProgram = {
  /** the number of an anonymous file, empty at first */
  file: number
  /** the number of one more copy of the guardian's descriptor: the program executes the file when it could read from here */
  gate: number
  /** the number of a pipe that the options are read from, all words up to `--` (supervise/begin.ts) */
  options: number
}

/** An anonymous file, open for reading at its start. */
export type Descriptor = { number: number; content: string | Uint8Array }
