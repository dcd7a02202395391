/** The journal of what planning asked: kept only when somebody wants it, whole, and closed for good. */
import { afterEach, describe, expect, test } from "bun:test"
import { ask, closeJournal, keepJournal, unanswered } from "../../src/base/journal.ts"

const place = { directory: "/state", key: "key", home: "/home", words: { all: 1, deciding: 1 } }
const length = (text: string) => text.length

afterEach(() => {
  closeJournal()
})

describe("a journal", () => {
  test("is not kept unless it is asked for", () => {
    expect(ask("length", "four", length)).toBe(4)
    expect(closeJournal()).toBeUndefined()
  })

  test("has each question with its answer, in order, those that were asked twice too", () => {
    keepJournal(place)
    for (const about of ["a", "bb", "a"]) expect(ask("length", about, length)).toBe(about.length)
    expect(closeJournal()).toEqual({
      place,
      entries: [
        { kind: "length", about: "a", answer: 1 },
        { kind: "length", about: "bb", answer: 2 },
        { kind: "length", about: "a", answer: 1 },
      ],
    })
  })

  test("has a question that asked others behind it", () => {
    keepJournal(place)
    ask("outer", "x", about => ask("inner", about, length))
    expect(closeJournal()?.entries.map(({ kind }) => kind)).toEqual(["outer", "inner"])
  })

  test("knows of a question that was not answered, whoever catches the error", () => {
    keepJournal(place)
    const fail = () => {
      throw new Error("no")
    }
    expect(() => ask("weather", "", fail)).toThrow("no")
    expect(closeJournal()?.entries).toEqual([{ kind: "weather", about: "", answer: unanswered }])
  })

  test("is closed once: what is asked afterwards is not in it", () => {
    keepJournal(place)
    const journal = closeJournal()
    ask("length", "late", length)
    expect(journal?.entries).toEqual([])
    expect(closeJournal()).toBeUndefined()
  })

  test("is begun anew by who begins one", () => {
    keepJournal(place)
    ask("length", "old", length)
    keepJournal({ ...place, key: "other" })
    expect(closeJournal()).toEqual({ place: { ...place, key: "other" }, entries: [] })
  })
})
