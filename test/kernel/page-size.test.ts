import { expect, test } from "bun:test"
import { pageSize } from "../../src/kernel/page-size.ts"

test("is what the kernel says", () => {
  const { stdout } = Bun.spawnSync(["getconf", "PAGE_SIZE"])
  expect(pageSize()).toBe(Number(stdout.toString()))
})
