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
}

/** An anonymous file, open for reading at its start. */
export type Descriptor = { number: number; content: string | Uint8Array }
