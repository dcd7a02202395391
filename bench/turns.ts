/** Several that are measured in turns, so that a busy moment hits all of them. */

/** @returns what each gave, in order */
export function turns(contenders: readonly (() => number)[], rounds: number): number[][] {
  const values = contenders.map((): number[] => [])
  for (let round = 0; round < rounds; round++)
    for (const [index, contender] of contenders.entries()) values[index]?.push(contender())
  return values
}

export function middle(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN
}
