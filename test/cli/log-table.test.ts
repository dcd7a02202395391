/** Figures and columns of a log as people read them; the whole is tried in commands/log.test.ts. */
import { describe, expect, test } from "bun:test"
import { duration, rowText, size, widthsOf } from "../../src/cli/log-table.ts"

describe("figures", () => {
  test.each([
    [0, "0 B"],
    [999, "999 B"],
    [1000, "1 kB"],
    [1234, "1.2 kB"],
    [12_345, "12 kB"],
    [3_400_000, "3.4 MB"],
    [5e9, "5 GB"],
    [7.5e15, "7500 TB"],
  ])("%d bytes are %s", (bytes, text) => {
    expect(size(bytes)).toBe(text)
  })

  test.each([
    [0, "0 ms"],
    [12.4, "12 ms"],
    [999, "999 ms"],
    [1000, "1 s"],
    [1250, "1.3 s"],
    [59_000, "59 s"],
    [600_000, "10 min"],
    [7_200_000, "2 h"],
    [9_000_000, "2.5 h"],
  ])("%d milliseconds are %s", (milliseconds, text) => {
    expect(duration(milliseconds)).toBe(text)
  })
})

describe("columns", () => {
  const row = (host: string) => ["12:00:00", "allow", host, "curl 1", "1 B", "2 B", "3 ms", "why"]

  test("are as wide as what stands in them, within bounds", () => {
    const widths = widthsOf([row("a.com"), row("x".repeat(30))])
    expect(widths[2]).toBe(30)
    expect(widthsOf([row("x".repeat(300))])[2]).toBe(44)
    expect(widthsOf([])[2]).toBe(24)
  })

  test("begin at one place in each row; a cell that is too wide moves its own row alone", () => {
    const rows = [row("a.com"), row("b.example.org"), row("x".repeat(300))]
    const widths = widthsOf(rows)
    const places = rows.map(each => rowText(each, widths).indexOf("curl"))
    expect(places[0]).toBe(places[1])
    expect(places[2]).toBeGreaterThan(places[0] ?? 0)
  })

  test("have no blanks at their end", () => {
    expect(rowText(["12:00:00", "ask", "a.com", "", "", "", "", ""], widthsOf([]))).toBe(
      "12:00:00  ask      a.com",
    )
  })
})
