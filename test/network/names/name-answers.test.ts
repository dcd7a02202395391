import { describe, expect, test } from "bun:test"
import { answerTo } from "../../../src/network/names/name-answers.ts"
import { SyntheticNames } from "../../../src/network/names/synthetic-names.ts"
import {
  type Answer,
  codes,
  optRecord,
  type Question,
  question,
  readAnswer,
  types,
} from "../../support/dns-messages.ts"

function ask(asked: string | Question, names = new SyntheticNames()): Answer {
  return readAnswer(answerTo(question(asked), names))
}

describe("a name has an address of the sandbox's own network", () => {
  test.each([
    "github.com",
    "db",
    "_service.example",
    "xn--bcher-kva.example",
    "printer.local",
    "nas.home.arpa",
  ])("%s", name => {
    const { code, records } = ask(name)
    expect(code).toBe(codes.NOERROR)
    expect(records).toMatchObject([{ type: types.A, data: "198.18.1.1", ttl: 60 }])
  })

  test("the same for every spelling of it, repeated in the case of the question", () => {
    const names = new SyntheticNames()
    const answers = ["example.com", "EXAMPLE.com", "eXaMpLe.CoM."].map(name => ask(name, names))
    expect(answers.map(({ records }) => records[0]?.data)).toEqual(Array(3).fill("198.18.1.1"))
    expect(answers.map(({ question }) => question?.name)).toEqual([
      "example.com",
      "EXAMPLE.com",
      "eXaMpLe.CoM",
    ])
  })

  test("and another name has another one", () => {
    const names = new SyntheticNames()
    const addresses = ["a.example", "b.example"].map(name => ask(name, names).records[0]?.data)
    expect(addresses).toEqual(["198.18.1.1", "198.18.1.2"])
  })
})

describe("a name has nothing else", () => {
  const { A, AXFR, IXFR, ...others } = types
  test.each(Object.entries(others))("no %s", (_, type) => {
    const answer = ask({ name: "github.com", type })
    expect(answer).toMatchObject({ code: codes.NOERROR, records: [] })
  })

  test("a type that nobody has heard of", () => {
    expect(ask({ name: "github.com", type: 65_280 })).toMatchObject({ code: codes.NOERROR, records: [] })
  })

  test("and asking for it takes no address", () => {
    const names = new SyntheticNames()
    for (const type of [types.AAAA, types.TXT, types.ANY]) ask({ name: "github.com", type }, names)
    expect(names.nameOf("198.18.1.1")).toBeUndefined()
    ask("github.com", names)
    expect(names.nameOf("198.18.1.1")).toBe("github.com")
  })

  test.each([
    ["AXFR", AXFR],
    ["IXFR", IXFR],
  ])("%s is refused", (_, type) => {
    expect(ask({ name: "github.com", type }).code).toBe(codes.REFUSED)
  })

  test.each([
    ["CH, as version.bind", 3],
    ["HS", 4],
    ["ANY", 255],
    ["0", 0],
  ])("class %s is refused", (_, kind) => {
    expect(ask({ name: "github.com", class: kind })).toMatchObject({ code: codes.REFUSED, records: [] })
  })

  test("the root has no record of any type", () => {
    for (const type of [types.NS, types.SOA, types.A])
      expect(ask({ name: "", type })).toMatchObject({ code: codes.NOERROR, records: [] })
  })
})

describe("names that are nobody's", () => {
  test.each([
    ["an address", "10.1.2.3"],
    ["a short address", "127.1"],
    ["a hexadecimal one", "0x7f.1"],
    ["a hyphen at the end of a label", "a-.example"],
    ["a space in a label", Buffer.from("\x03a b\x03com\0")],
    ["a dot in a label", Buffer.from("\x0agithub.com\x00")],
    ["a byte that is no text", Buffer.from("\x02\xff\xfe\x03com\0", "latin1")],
    ["a zero byte", Buffer.from("\x03a\0b\x03com\0", "latin1")],
    ["Firefox's question for DNS over HTTPS", "use-application-dns.net"],
    ["the same in another case", "Use-Application-DNS.net."],
    ["the way to IPv4 of networks without", "ipv4only.arpa"],
    ["a hidden service", "duckduckgogg42xjoc72x3sjasowoarfbgcmvfimaftt6twagswzczad.onion"],
    ["a name that is invalid by its name", "a.invalid"],
  ])("%s", (_, name) => {
    const names = new SyntheticNames()
    for (const type of [types.A, types.AAAA]) expect(ask({ name, type }, names).code).toBe(codes.NXDOMAIN)
    expect(names.nameOf("198.18.1.1")).toBeUndefined()
  })

  test.each(["application-dns.net", "use-application-dns.net.example", "onion.example", "invalid.example"])(
    "%s is a name like any other",
    name => {
      expect(ask(name).records).toHaveLength(1)
    },
  )
})

describe("this machine's own name", () => {
  test.each(["localhost", "LocalHost.", "app.localhost", "a.b.localhost"])("%s is 127.0.0.1", name => {
    expect(ask(name).records).toMatchObject([{ data: "127.0.0.1" }])
    expect(ask({ name, type: types.AAAA })).toMatchObject({ code: codes.NOERROR, records: [] })
  })

  test.each(["localhost.example", "xlocalhost"])("%s is another's", name => {
    expect(ask(name).records).toMatchObject([{ data: "198.18.1.1" }])
  })

  test("127.0.0.1 and ::1 are localhost", () => {
    const v6 = `1${".0".repeat(31)}.ip6.arpa`
    for (const name of ["1.0.0.127.in-addr.arpa", v6])
      expect(ask({ name, type: types.PTR }).records).toMatchObject([{ data: "localhost" }])
  })
})

describe("an address has a name", () => {
  test("the one that it was given for", () => {
    const names = new SyntheticNames()
    for (const name of ["a.example", "b.example"]) ask(name, names)
    const { records } = ask({ name: "2.1.18.198.in-addr.arpa", type: types.PTR }, names)
    expect(records).toMatchObject([{ type: types.PTR, data: "b.example", ttl: 60 }])
    expect(ask({ name: "2.1.18.198.IN-ADDR.ARPA", type: types.PTR }, names).records).toHaveLength(1)
  })

  test("and nothing else", () => {
    const names = new SyntheticNames()
    ask("a.example", names)
    for (const type of [types.A, types.TXT, types.ANY])
      expect(ask({ name: "1.1.18.198.in-addr.arpa", type }, names)).toMatchObject({
        code: codes.NOERROR,
        records: [],
      })
  })

  test.each([
    ["an address that no name has", "9.1.18.198.in-addr.arpa"],
    ["the sandbox's own", "1.0.18.198.in-addr.arpa"],
    ["somebody else's", "8.8.8.8.in-addr.arpa"],
    ["a part of one", "18.198.in-addr.arpa"],
    ["none", "in-addr.arpa"],
    ["five parts", "1.1.1.18.198.in-addr.arpa"],
    ["a part with a zero before it", "01.1.18.198.in-addr.arpa"],
    ["one of version 6", `2${".0".repeat(31)}.ip6.arpa`],
  ])("%s has none", (_, name) => {
    const names = new SyntheticNames()
    ask("a.example", names)
    for (const type of [types.PTR, types.A]) expect(ask({ name, type }, names).code).toBe(codes.NXDOMAIN)
  })
})

test("when there is no address left the answer says that it failed, for now", () => {
  const names = new SyntheticNames({ namesMax: 1 })
  expect(ask("a.example", names).code).toBe(codes.NOERROR)
  expect(ask("b.example", names)).toMatchObject({ code: codes.SERVFAIL, records: [] })
  expect(ask("a.example", names).code).toBe(codes.NOERROR)
  expect(ask({ name: "b.example", type: types.AAAA }, names).code).toBe(codes.NOERROR)
})

test("an extension is answered with one", () => {
  const { opt } = ask({ name: "a.example", records: [optRecord({ dnssecOk: true })] })
  expect(opt).toEqual({ payload: 1232, version: 0, dnssecOk: true })
})

test("garbage gets no answer, and what is nearly a question gets one", () => {
  const names = new SyntheticNames()
  expect(answerTo(Buffer.from("GET / HTTP/1.1\r\n"), names)).toBeDefined()
  expect(answerTo(Buffer.from("short"), names)).toBeUndefined()
  expect(answerTo(question({ name: "a.example", flags: 0x8180 }), names)).toBeUndefined()
  expect(readAnswer(answerTo(question({ name: "a.example", counts: [3, 0, 0, 0] }), names)).code).toBe(
    codes.FORMERR,
  )
})
