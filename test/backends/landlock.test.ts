/** The landlock backend hands the last steps to the kernel directly. */
import { expect, test } from "bun:test"
import { guardianDescriptor } from "../../src/backends/bubblewrap.ts"
import { landlockInvocation } from "../../src/backends/landlock.ts"

const lastSteps = Uint8Array.from([0x7f, 0x45, 0x4c, 0x46])

test("the last steps are the program, from a descriptor that no other has", () => {
  const { program, words, descriptors, guardian } = landlockInvocation(lastSteps)
  expect(descriptors).toEqual([{ number: guardianDescriptor + 1, content: lastSteps }])
  expect(program).toBe(`/proc/self/fd/${guardianDescriptor + 1}`)
  expect(words).toEqual([])
  expect(guardian).toBe(guardianDescriptor)
})

test("nothing of the environment loads a library into them", () => {
  expect(landlockInvocation(lastSteps).environment).toEqual({})
})
