import { describe, expect, test } from "bun:test"
import { bug, formatProblem, HostError, PolicyError, type Problem, UserError } from "../../src/base/error.ts"

const problem = (line: number, column: number, message: string): Problem => ({
  file: ".cordon.yaml",
  line,
  column,
  message,
})

describe.each([
  ["UserError", UserError],
  ["HostError", HostError],
] as const)("%s", (name, Kind) => {
  const error = new Kind("the project cannot be /", "choose a directory below your home")

  test("is an error of its own kind with a sentence and a hint", () => {
    expect(error).toBeInstanceOf(Error)
    expect(error).toBeInstanceOf(Kind)
    expect(error.name).toBe(name)
    expect(error.message).toBe("the project cannot be /")
    expect(error.hint).toBe("choose a directory below your home")
  })

  test("says its kind when printed", () => {
    expect(String(error)).toBe(`${name}: the project cannot be /`)
    expect(error.stack).toContain("error.test.ts")
  })

  test("is told apart by the kind it was thrown as", () => {
    const kindOf = (thrown: unknown) => {
      if (thrown instanceof UserError) return "user"
      if (thrown instanceof HostError) return "host"
      return thrown instanceof PolicyError ? "policy" : "bug"
    }
    expect(kindOf(error)).toBe(name === "UserError" ? "user" : "host")
    expect(kindOf(new PolicyError([]))).toBe("policy")
    expect(kindOf(bug("x"))).toBe("bug")
  })
})

describe("PolicyError", () => {
  test("keeps every problem, in order", () => {
    const problems = [problem(7, 3, "b"), problem(1, 1, "a")]
    const error = new PolicyError(problems)
    expect(error.problems).toEqual(problems)
    expect(error.name).toBe("PolicyError")
    expect(error).toBeInstanceOf(Error)
  })

  test("says one problem a line", () => {
    const error = new PolicyError([problem(1, 2, "x is wrong"), problem(30, 40, "y is wrong")])
    expect(error.message).toBe(".cordon.yaml:1:2: x is wrong\n.cordon.yaml:30:40: y is wrong")
    expect(new PolicyError([problem(1, 1, "z")]).message).toBe(".cordon.yaml:1:1: z")
    expect(new PolicyError([]).message).toBe("")
  })
})

test.each<[Problem, string]>([
  [problem(1, 1, 'unknown key "x"'), '.cordon.yaml:1:1: unknown key "x"'],
  [{ ...problem(12, 34, "m"), file: "a b/c.yaml" }, "a b/c.yaml:12:34: m"],
  [{ ...problem(3, 1, "m"), file: "built-in:00-base.yaml" }, "built-in:00-base.yaml:3:1: m"],
])("a problem is written so that editors find it: %j", (given, text) => {
  expect(formatProblem(given)).toBe(text)
})

describe("bug", () => {
  test("is an error of no kind that is caught", () => {
    const error = bug("the tree has no root")
    expect(error.message).toBe("bug: the tree has no root")
    expect(error.name).toBe("Error")
    expect(error.cause).toBeUndefined()
    for (const Kind of [UserError, HostError, PolicyError]) expect(error).not.toBeInstanceOf(Kind)
  })

  test("keeps what was thrown before it", () => {
    const cause = new TypeError("x")
    expect(bug("y", cause).cause).toBe(cause)
    expect(bug("y", "text").cause).toBe("text")
  })
})
