/** A short run of every target, from a seed that stays the same: the long one is `npm run fuzz`. */
import { expect, test } from "bun:test"
import { replayOf } from "./target.ts"
import { targets } from "./targets.ts"

const seed = 1
const milliseconds = 20_000

for (const { name, skip, runs, check } of targets) {
  const title = skip === undefined ? name : `${name} [skipped when ${skip}]`
  test.skipIf(skip !== undefined)(title, async () => {
    const { failure } = await check({ seed, runs, milliseconds })
    const replay = replayOf(name, seed, failure?.path)
    expect(failure && `${failure.why}\n${failure.input}\n${replay}`).toBeUndefined()
  })
}
