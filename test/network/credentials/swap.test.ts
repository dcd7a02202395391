import { describe, expect, test } from "bun:test"
import { type Header, type Swap, swapIn, swapOut } from "../../../src/network/credentials/swap.ts"

const secret = "ghp_SECRETsecretSECRET"
const placeholder = "ghp_PLACEHOLDERplaceho"

const swap = (as: Swap["as"], change: Partial<Swap> = {}): Swap => ({ as, secret, placeholder, ...change })
const bearer = swap({ kind: "bearer" })
const basic = (user: string) => swap({ kind: "basic", user })
const encoded = (text: string) => Buffer.from(text).toString("base64")

/** What becomes of one header. */
function headerAfter(as: Swap, header: Header, target = "/"): Header {
  return swapIn([as], target, [header]).headers[0] ?? ["", ""]
}

describe("a secret with dollar signs, which means something in replacements", () => {
  const odd = { secret: "tok$&abcdefgh$$ijk$'lmn$`opq", placeholder: "xyz$&qwertyui$$asd$'fgh$`jkl" }
  const header = swap({ kind: "header", name: "X-Api-Key" }, odd)

  test("goes to the server as it is", () => {
    expect(headerAfter(header, ["X-Api-Key", `key ${odd.placeholder}`])).toEqual([
      "X-Api-Key",
      `key ${odd.secret}`,
    ])
  })

  test("does not come back: its placeholder does, as it is", () => {
    const spelled = encodeURIComponent(odd.secret)
    expect(
      swapOut(
        [header],
        [
          ["x", `a ${odd.secret} b`],
          ["y", spelled],
        ],
      ),
    ).toEqual([
      ["x", `a ${odd.placeholder} b`],
      ["y", encodeURIComponent(odd.placeholder)],
    ])
  })
})

describe("bearer", () => {
  test.each([
    [`Bearer ${placeholder}`, `Bearer ${secret}`],
    [`bearer ${placeholder}`, `bearer ${secret}`],
    [`BEARER  ${placeholder}`, `BEARER  ${secret}`],
    [`token ${placeholder}`, `token ${secret}`],
    [` Bearer ${placeholder} `, `Bearer ${secret}`],
  ])("%s gets the secret", (value, wanted) => {
    expect(headerAfter(bearer, ["Authorization", value])).toEqual(["Authorization", wanted])
    expect(headerAfter(bearer, ["authorization", value])).toEqual(["authorization", wanted])
  })

  test.each([
    `Bearer x${placeholder}`,
    `Bearer ${placeholder}x`,
    `Bearer ${placeholder} ${placeholder}`,
    `Bearer ${placeholder.toLowerCase()}`,
    `Bearer${placeholder}`,
    `Basic ${placeholder}`,
    `Digest ${placeholder}`,
    placeholder,
    "Bearer",
    "Bearer ",
    "",
  ])("%s stays", value => {
    expect(headerAfter(bearer, ["Authorization", value])).toEqual(["Authorization", value])
  })

  test.each(["X-Api-Key", "Cookie", "Proxy-Authorization", "X-Authorization", "Referer"])(
    "the placeholder in %s stays one",
    name => {
      expect(headerAfter(bearer, [name, `Bearer ${placeholder}`])).toEqual([name, `Bearer ${placeholder}`])
    },
  )

  test("the placeholder in the target stays one", () => {
    const target = `/x?access_token=${placeholder}`
    expect(swapIn([bearer], target, []).target).toBe(target)
  })

  test("nothing is added where there is no placeholder", () => {
    const headers: Header[] = [["Accept", "*/*"]]
    expect(swapIn([bearer], "/", headers)).toEqual({ target: "/", headers })
    const own: Header[] = [["Authorization", "Bearer somebody's own"]]
    expect(swapIn([bearer], "/", own)).toEqual({ target: "/", headers: own })
  })
})

describe("a header", () => {
  const key = swap({ kind: "header", name: "X-Api-Key" })

  test.each(["x-api-key", "X-Api-Key", "X-API-KEY"])("%s gets the secret", name => {
    expect(headerAfter(key, [name, placeholder])).toEqual([name, secret])
  })

  test("may have more around it", () => {
    const cookie = swap({ kind: "header", name: "cookie" })
    expect(headerAfter(cookie, ["Cookie", `a=1; session=${placeholder}; b=2`])).toEqual([
      "Cookie",
      `a=1; session=${secret}; b=2`,
    ])
  })

  test.each(["X-Api-Key2", "Authorization", "X-Other"])("%s does not", name => {
    expect(headerAfter(key, [name, placeholder])).toEqual([name, placeholder])
  })
})

describe("basic", () => {
  test("the password of the user gets the secret, however it is encoded", () => {
    const [, value] = headerAfter(basic("git"), ["Authorization", `Basic ${encoded(`git:${placeholder}`)}`])
    expect(value).toBe(`Basic ${encoded(`git:${secret}`)}`)
    const [, lower] = headerAfter(basic("git"), ["authorization", `basic ${encoded(`git:${placeholder}`)}`])
    expect(lower).toBe(`basic ${encoded(`git:${secret}`)}`)
  })

  test("a secret of another length is encoded with the padding that it needs", () => {
    for (const length of [16, 17, 18]) {
      const long = swap({ kind: "basic", user: "u" }, { secret: "s".repeat(length) })
      const [, value] = headerAfter(long, ["Authorization", `Basic ${encoded(`u:${placeholder}`)}`])
      expect(Buffer.from(value.slice(6), "base64").toString()).toBe(`u:${"s".repeat(length)}`)
    }
  })

  test("without a user the secret is the user, as Stripe has it", () => {
    for (const [given, wanted] of [
      [`${placeholder}:`, `${secret}:`],
      [placeholder, secret],
      [`${placeholder}:x-oauth-basic`, `${secret}:x-oauth-basic`],
      [`:${placeholder}`, `:${secret}`],
    ] as const) {
      const [, value] = headerAfter(basic(""), ["Authorization", `Basic ${encoded(given)}`])
      expect(Buffer.from(value.slice(6), "base64").toString()).toBe(wanted)
    }
  })

  test.each([
    encoded(`other:${placeholder}`),
    encoded(`git:${placeholder}x`),
    encoded(`git:x${placeholder}`),
    encoded(`${placeholder}:git`),
    encoded("git:somebody's own"),
    placeholder,
    "",
    "!!!",
  ])("%s stays", value => {
    expect(headerAfter(basic("git"), ["Authorization", `Basic ${value}`])).toEqual([
      "Authorization",
      `Basic ${value}`,
    ])
  })
})

describe("a query", () => {
  const query = swap({ kind: "query", name: "key" })
  const after = (target: string, as = query) => swapIn([as], target, []).target
  const every = [...placeholder].map(letter => `%${letter.charCodeAt(0).toString(16)}`).join("")

  test.each([
    [`/x?key=${placeholder}`, `/x?key=${secret}`],
    [`/x?a=1&key=${placeholder}&b=2`, `/x?a=1&key=${secret}&b=2`],
    [`/x?key=${every}`, `/x?key=${secret}`],
    [`/x?%6bey=${placeholder}`, `/x?%6bey=${secret}`],
    [`/x?key=a&key=${placeholder}`, `/x?key=a&key=${secret}`],
  ])("%s gets the secret", (target, wanted) => {
    expect(after(target)).toBe(wanted)
  })

  test("the secret is encoded", () => {
    const odd = swap({ kind: "query", name: "key" }, { secret: "a b&c=d#e%f+g/h?i" })
    const target = after(`/x?key=${placeholder}&z=1`, odd)
    expect(target).not.toMatch(/[ #]/)
    expect(new URLSearchParams(target.slice(target.indexOf("?"))).get("key")).toBe("a b&c=d#e%f+g/h?i")
    expect(new URLSearchParams(target.slice(target.indexOf("?"))).get("z")).toBe("1")
  })

  test("an encoded placeholder is found", () => {
    const odd = swap({ kind: "query", name: "key" }, { placeholder: "a b/c+d" })
    for (const spelled of ["a%20b%2Fc%2Bd", "a+b/c%2bd"])
      expect(after(`/x?key=${spelled}`, odd)).toBe(`/x?key=${secret}`)
  })

  test.each([
    `/x?key=${placeholder}x`,
    `/x?keys=${placeholder}`,
    `/x?Key=${placeholder}`,
    `/${placeholder}`,
    `/key=${placeholder}`,
    "/x?key",
    "/x?",
    "/x",
    "*",
  ])("%s stays", target => {
    expect(after(target)).toBe(target)
  })

  test("the placeholder in a header stays one", () => {
    expect(headerAfter(query, ["Authorization", `Bearer ${placeholder}`])).toEqual([
      "Authorization",
      `Bearer ${placeholder}`,
    ])
  })
})

describe("several credentials", () => {
  const other = swap(
    { kind: "header", name: "x-key" },
    { secret: "other-secret", placeholder: "other-placeho" },
  )

  test("each goes in its place", () => {
    const headers: Header[] = [
      ["Authorization", `Bearer ${placeholder}`],
      ["X-Key", "other-placeho"],
    ]
    expect(swapIn([bearer, other], "/", headers).headers).toEqual([
      ["Authorization", `Bearer ${secret}`],
      ["X-Key", "other-secret"],
    ])
  })

  test("none goes in the other's place", () => {
    const headers: Header[] = [
      ["Authorization", "Bearer other-placeho"],
      ["X-Key", placeholder],
    ]
    expect(swapIn([bearer, other], "/", headers)).toEqual({ target: "/", headers })
  })
})

describe("an answer's headers", () => {
  test.each([
    [secret, placeholder],
    [`a ${secret} b ${secret}`, `a ${placeholder} b ${placeholder}`],
    [`token=${secret}; Path=/`, `token=${placeholder}; Path=/`],
    ["nothing of it", "nothing of it"],
  ])("%s is %s inside", (value, wanted) => {
    expect(swapOut([bearer], [["x-echo", value]])).toEqual([["x-echo", wanted]])
  })

  test("have the encoded secret replaced too", () => {
    const odd = swap({ kind: "query", name: "key" }, { secret: "a b/c", placeholder: "d e/f" })
    expect(swapOut([odd], [["location", "https://api.test/?key=a%20b%2Fc"]])).toEqual([
      ["location", "https://api.test/?key=d%20e%2Ff"],
    ])
  })

  test("stay as they are when nothing was swapped", () => {
    expect(swapOut([], [["x-echo", secret]])).toEqual([["x-echo", secret]])
  })
})
