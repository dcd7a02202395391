import { describe, expect, test } from "bun:test"
import { isIPv4, isIPv6 } from "node:net"
import fc from "fast-check"
import { bitsOfV4, bitsOfV6 } from "../../src/base/address.ts"
import { hostPattern, hostText } from "../../src/policy/host-pattern.ts"
import { requestText } from "../../src/policy/request-pattern.ts"

/** What a pattern means, in one line: kind, host, port, request. */
function meaning(text: string): string {
  const { kind, host, port, request } = hostPattern(text)
  return [kind, host, port, request && requestText(request)].filter(part => part !== undefined).join(" ")
}

function refusal(text: string): string {
  try {
    return `accepted as ${meaning(text)}`
  } catch (thrown) {
    expect(thrown).toBeInstanceOf(SyntaxError)
    return (thrown as Error).message
  }
}

const label63 = "a".repeat(63)

test.each([
  ["github.com", "name github.com"],
  ["GitHub.COM", "name github.com"],
  ["github.com.", "name github.com"],
  ["localhost", "name localhost"],
  ["a", "name a"],
  ["x-1.y_2.z", "name x-1.y_2.z"],
  ["_dmarc.example.com", "name _dmarc.example.com"],
  ["1password.com", "name 1password.com"],
  ["1.2.3.com", "name 1.2.3.com"],
  ["xn--bcher-kva.example", "name xn--bcher-kva.example"],
  [`${label63}.com`, `name ${label63}.com`],
  ["*.npmjs.org", "below npmjs.org"],
  ["*.NPMJS.org.", "below npmjs.org"],
  ["*.com", "below com"],
  ["*.a.b.c", "below a.b.c"],
  ["*", "any *"],
])("a name: %s is %s", (text, expected) => {
  expect(meaning(text)).toBe(expected)
})

test.each([
  ["github.com:443", "name github.com 443"],
  ["github.com.:22", "name github.com 22"],
  ["*.npmjs.org:8080", "below npmjs.org 8080"],
  ["*:443", "any * 443"],
  ["db.corp:1", "name db.corp 1"],
  ["db.corp:65535", "name db.corp 65535"],
  ["10.1.2.3:5432", "address 10.1.2.3/32 5432"],
  ["10.1.2.0/24:5432", "address 10.1.2.0/24 5432"],
  ["[2001:db8::1]:443", "address 2001:db8::1/128 443"],
  ["[2001:db8::/32]:443", "address 2001:db8::/32 443"],
  ["[10.0.0.0/8]:22", "address 10.0.0.0/8 22"],
])("with a port: %s is %s", (text, expected) => {
  expect(meaning(text)).toBe(expected)
})

test.each([
  ["10.1.2.3", "address 10.1.2.3/32"],
  ["10.1.2.3/32", "address 10.1.2.3/32"],
  ["10.1.2.0/24", "address 10.1.2.0/24"],
  ["10.1.2.128/25", "address 10.1.2.128/25"],
  ["10.0.0.0/8", "address 10.0.0.0/8"],
  ["0.0.0.0/0", "address 0.0.0.0/0"],
  ["0.0.0.0", "address 0.0.0.0/32"],
  ["255.255.255.255", "address 255.255.255.255/32"],
  ["169.254.169.254", "address 169.254.169.254/32"],
  ["::1", "address ::1/128"],
  ["::", "address ::/128"],
  ["::/0", "address ::/0"],
  ["2001:DB8::A", "address 2001:db8::a/128"],
  ["2001:db8::/32", "address 2001:db8::/32"],
  ["fd00::/8", "address fd00::/8"],
  ["fe80::/10", "address fe80::/10"],
  ["1:2:3:4:5:6:7:8", "address 1:2:3:4:5:6:7:8/128"],
  ["64:ff9b::/96", "address 64:ff9b::/96"],
  ["[::1]", "address ::1/128"],
])("an address: %s is %s", (text, expected) => {
  expect(meaning(text)).toBe(expected)
})

test.each([
  ["b\u00fccher.example", "name xn--bcher-kva.example"],
  ["B\u00dcCHER.Example.", "name xn--bcher-kva.example"],
  ["bu\u0308cher.example", "name xn--bcher-kva.example"],
  ["fa\u00df.de", "name xn--fa-hia.de"],
  ["*.\u4f8b\u3048.jp", "below xn--r8jz45g.jp"],
  ["\u0433\u0438\u0442.example:443", "name xn--c1ak4a.example 443"],
  ["\u{1f600}.example", "name xn--e28h.example"],
])("an international name: %s is %s", (text, expected) => {
  expect(meaning(text)).toBe(expected)
})

test.each([
  ["api.github.com GET /repos/**", "name api.github.com GET /repos/**"],
  ["API.github.com.  get,Post\t/a", "name api.github.com GET,POST /a"],
  ["*.github.com:443 * /", "below github.com 443 * /"],
  ["a.b PROPFIND /[ab]{c,d}/*", "name a.b PROPFIND /[ab]{c,d}/*"],
])("with a request: %s is %s", (text, expected) => {
  expect(meaning(text)).toBe(expected)
})

test.each([
  ["github.com", "github.com"],
  ["*.NPMJS.org:443", "*.npmjs.org:443"],
  ["*", "*"],
  ["*:25", "*:25"],
  ["10.0.0.1", "10.0.0.1"],
  ["10.0.0.1:80", "10.0.0.1:80"],
  ["10.0.0.0/8", "10.0.0.0/8"],
  ["10.0.0.0/8:80", "10.0.0.0/8:80"],
  ["[2001:db8::1]:443", "[2001:db8::1]:443"],
  ["2001:db8::1", "2001:db8::1"],
  ["[2001:db8::/32]:443", "[2001:db8::/32]:443"],
  ["api.github.com:443 get /x", "api.github.com:443 GET /x"],
])("written again for people: %s is %s, which means the same", (text, written) => {
  expect(hostText(hostPattern(text))).toBe(written)
  expect(hostPattern(written)).toEqual(hostPattern(text))
})

describe("host bits: the right spelling is in the sentence, and is right", () => {
  test.each([
    ["10.1.2.3/24", "10.1.2.0/24"],
    ["10.1.2.3/31", "10.1.2.2/31"],
    ["10.1.2.3/0", "0.0.0.0/0"],
    ["10.255.255.255/9", "10.128.0.0/9"],
    ["255.255.255.255/1", "128.0.0.0/1"],
    ["0.0.0.1/31", "0.0.0.0/31"],
    ["192.168.1.1/16:80", "192.168.0.0/16"],
    ["2001:db8::1/32", "2001:db8::/32"],
    ["2001:db8:0:1::/32", "2001:db8::/32"],
    ["2001:db8:1:2:3:4:5:6/64", "2001:db8:1:2::/64"],
    ["2001:db8:0:0:1:0:0:1/127", "2001:db8:0:0:1::/127"],
    ["2001:db8:0:0:1:0:0:3/127", "2001:db8::1:0:0:2/127"],
    ["::1/0", "::/0"],
    ["::1/127", "::/127"],
    ["FE80::1/10", "fe80::/10"],
    ["1:2:3:4:5:6:7:9/127", "1:2:3:4:5:6:7:8/127"],
    ["0:1:0:1:0:1:0:3/127", "0:1:0:1:0:1:0:2/127"],
  ])("%s → %s", (text, right) => {
    expect(refusal(text)).toBe(`"${text}" has host bits set; write "${right}"`)
    expect(meaning(right)).toBe(`address ${right}`)
  })

  test("of every address and length", () => {
    const v4 = fc.tuple(fc.array(fc.nat(255), { minLength: 4, maxLength: 4 }), fc.nat(32))
    fc.assert(
      fc.property(v4, ([parts, length]) => {
        const text = `${parts.join(".")}/${length}`
        const right = /write "(.*)"$/.exec(refusal(text))?.[1] ?? text
        const [base = ""] = right.split("/")
        expect(meaning(right)).toBe(`address ${right}`)
        expect(bitsOfV4(base) >> BigInt(32 - length)).toBe(bitsOfV4(parts.join(".")) >> BigInt(32 - length))
      }),
    )
  })
})

describe("what is refused", () => {
  test.each([
    ["https://github.com", '"https://github.com" is a URL; write the host alone: "github.com"'],
    ["https://github.com/a/b?c#d", "github.com"],
    ["http://github.com:8080/x", "github.com:8080"],
    ["https://me:secret@github.com/x", "github.com"],
    ["ssh://git@github.com", "github.com"],
    ["http://[::1]:80/", "[::1]:80"],
    ["https://github.com?x", "github.com"],
    ["HTTPS://GitHub.com", "GitHub.com"],
  ])("a URL: %s", (text, suggested) => {
    expect(refusal(text)).toEndWith(
      `is a URL; write the host alone: "${suggested.replace(/.*alone: "|"$/g, "")}"`,
    )
  })

  test.each([
    [
      "github.com/org/repo",
      '"github.com/org/repo" has a path; write the host alone: "github.com", or with a method: "github.com GET /org/repo"',
    ],
    ["github.com/", '"github.com/" has a path; write the host alone: "github.com"'],
    [
      "*.github.com/x",
      '"*.github.com/x" has a path; write the host alone: "*.github.com", or with a method: "*.github.com GET /x"',
    ],
    [
      "localhost/8",
      '"localhost/8" has a path; write the host alone: "localhost", or with a method: "localhost GET /8"',
    ],
  ])("a path: %s", (text, message) => {
    expect(refusal(text)).toBe(message)
  })

  test.each([
    "github.com:",
    "github.com:0",
    "github.com:65536",
    "github.com:99999999999999999999",
    "github.com:http",
    "github.com:-1",
    "github.com:1.5",
    "github.com:80 ",
    "github.com: 80",
    "github.com:0x50",
    "github.com:\u0661",
    "*:*",
    "10.0.0.1:0",
    "[::1]:0",
    "[::1]:65536",
    ":",
  ])("a port: %s", text => {
    expect(refusal(text)).toBe(`"${text}": a port is a number from 1 to 65535`)
  })

  test.each([
    "1.2.3.4.5",
    "1.2.3.256",
    "1.2.3.4.5/8",
    "...",
    ".",
    "1..2.3",
    "08.0.0.1",
    "4294967296",
    "256.1",
    "[:::1]",
    "[1:2]",
    "[fe80::1%eth0]",
  ])("an address: %s", text => {
    expect(refusal(text)).toBe(`"${text}" is no IP address`)
  })

  test.each([
    ["1.2.3", "1.2.0.3"],
    ["127.1", "127.0.0.1"],
    ["127.1:80", "127.0.0.1"],
    ["01.2.3.4", "1.2.3.4"],
    ["0177.0.0.1", "127.0.0.1"],
    ["1.2.3.04", "1.2.3.4"],
    ["2130706433", "127.0.0.1"],
    ["1.2.3.4.", "1.2.3.4"],
    ["10/8", "0.0.0.10/8"],
    ["10.0/8", "10.0.0.0/8"],
  ])("an odd spelling of an address: %s; the right one is %s", (text, right) => {
    expect(refusal(text)).toBe(`"${text}" is no IP address; write "${right}"`)
  })

  test.each(["0x7f.1", "0x7f000001", "0x7F.0.0.1", "0x7f.1:80", "127.0x1"])("a hexadecimal one: %s", text => {
    expect(refusal(text)).toBe(`"${text}" is no host name; write the address as "127.0.0.1"`)
  })

  test.each([
    ["::ffff:10.0.0.1", "10.0.0.1"],
    ["::ffff:a00:1", "10.0.0.1"],
    ["[::FFFF:10.0.0.1]:80", "10.0.0.1"],
    ["::ffff:10.0.0.0/104", "10.0.0.0/8"],
    ["::ffff:10.0.0.1/120", "10.0.0.0/24"],
    ["::ffff:0:0/96", "0.0.0.0/0"],
  ])("an IPv4 address in an IPv6 one: %s", (text, right) => {
    expect(refusal(text)).toBe(`"${text}" is written as IPv4: "${right}"`)
    expect(meaning(right)).toStartWith(`address ${right}`)
  })

  test.each(["10.0.0.0/33", "10.0.0.0/99999", "10.0.0.0/33:80"])("a prefix longer than 32: %s", text => {
    expect(refusal(text)).toBe(`"${text}": a prefix length is at most 32 here`)
  })

  test.each(["::/129", "2001:db8::/1000", "[::/129]:443"])("a prefix longer than 128: %s", text => {
    expect(refusal(text)).toBe(`"${text}": a prefix length is at most 128 here`)
  })

  test.each([
    "2001:db8::1:99999",
    "1::2::3",
    ":::",
    "1:2:3:4:5:6:7",
    "1:2:3:4:5:6:7:8:9",
    "g::1",
    "::1%",
    "fe80::1%eth0",
    "::1.2.3",
    "::1.2.3.256",
    "::1/x",
    "::1/",
    "::1/-1",
    "[::1]:",
    "[::1]:http",
    "[::1",
    "::1]",
    "a:b:c",
    "git:github.com:22",
  ])("an IPv6 address: %s", text => {
    expect(refusal(text)).toBe(
      `"${text}" is no host pattern; an IPv6 address with a port is written "[2001:db8::1]:443"`,
    )
  })

  test.each([
    "foo*.example.com",
    "*foo.example.com",
    "a.*.example.com",
    "*.a.*.example.com",
    "**.example.com",
    "*.*.example.com",
    "*.*.com",
    "a.*",
    "x*",
  ])("a star in the middle: %s; the pattern to write instead is one", text => {
    const [, start, right = ""] = /^(.*; write )"(.*)"$/.exec(refusal(text)) ?? []
    expect(start).toBe(`"${text}": * stands alone or as the first label; write `)
    expect(meaning(right)).toBe(`below ${right.slice(2)}`)
  })

  test.each([
    "",
    " ",
    "github.com ",
    " github.com",
    "github..com",
    ".github.com",
    "github.com..",
    "*.",
    "*..com",
    "-a.com",
    "a-.com",
    "a.-b.com",
    `${label63}a.com`,
    "a\n.com",
    "github.com\n",
    "a\0b",
    "a@b.com",
    "a,b.com",
    "a|b",
    "[]",
    "?.com",
    "[a-z].com",
    "{a,b}.com",
    "a%2eb.com",
    "a;b",
    "'github.com'",
    ":443",
    "/",
  ])("a name: %j", text => {
    const message = text === "/" ? 'has a path; write the host alone: ""' : "is no host name"
    expect(refusal(text)).toStartWith(`"${text}" ${message}`)
  })

  test.each([
    ["a\u200bb.com", "ab.com"],
    ["g\u0456thub.com", "xn--gthub-n2e.com"],
    ["github\u3002com", "github.com"],
    ["\u212a.com", "k.com"],
    ["\ufb00.com", "ff.com"],
    ["\uff27ithub.com", "github.com"],
  ])("an international name that reads like another one: %j", (text, right) => {
    expect(refusal(text)).toBe(`"${text}" is no host name; write it as "${right}"`)
    expect(meaning(right)).toBe(`name ${right}`)
  })

  test.each([
    "b\u00fccher\u0000.example",
    "b\u00fc*r.example",
    "b\u00fc cher.example",
    "\ud800.com",
    "\u202e.com",
  ])("an international name with what no name has: %j", text => {
    expect(refusal(text)).toStartWith(`"${text}"`)
  })

  test.each([
    ["api.github.com GET repos", 'the path begins with a slash; write "/repos"'],
    [
      "api.github.com GET",
      'after the host come methods and a path, such as "api.github.com GET,HEAD /repos/**"',
    ],
    [
      "api.github.com GET /a /b",
      'after the host come methods and a path, such as "api.github.com GET,HEAD /repos/**"',
    ],
    ["api.github.com G=T /a", '"G=T" is no list of methods; write GET, or GET,POST, or *'],
    ["api.github.com GET, /a", '"GET," is no list of methods; write GET, or GET,POST, or *'],
    ["api.github.com GET /a?b=c", 'a rule is about the path alone; write "/a"'],
    ["api.github.com GET /a#b", 'a rule is about the path alone; write "/a"'],
    ["api.github.com GET /a/../b", 'the path stands in plain ASCII letters, without "..", "%" and ";"'],
    ["api.github.com GET /a%2fb", 'the path stands in plain ASCII letters, without "..", "%" and ";"'],
    ["api.github.com GET /a;b/c", 'the path stands in plain ASCII letters, without "..", "%" and ";"'],
    ["api.github.com GET /\u00e9", 'the path stands in plain ASCII letters, without "..", "%" and ";"'],
    ["* GET /a", 'a rule with a method and a path is for a name, such as "api.github.com GET /a"'],
    ["*:443 GET /a", 'a rule with a method and a path is for a name, such as "api.github.com GET /a"'],
    ["10.0.0.1 GET /a", 'a rule with a method and a path is for a name, such as "api.github.com GET /a"'],
    ["10.0.0.0/8 GET /a", 'a rule with a method and a path is for a name, such as "api.github.com GET /a"'],
    ["git hub.com", 'after the host come methods and a path, such as "api.github.com GET,HEAD /repos/**"'],
  ])("a request: %s", (text, why) => {
    expect(refusal(text)).toBe(`"${text}": ${why}`)
  })

  test.each(["https://a.b GET /x", "a.b/c GET /x", "a..b GET /x", "a.b:0 GET /x", "foo.* GET /x"])(
    "a request to what is no host: %s",
    text => {
      expect(refusal(text)).toStartWith(`"${text}"`)
    },
  )

  test("long and hostile texts come to an end", () => {
    const texts = ["a..", "*.", ":", "::", "[", "]", "@", "/", "1.", "://", "-", "\u{1f600}"]
    for (const text of texts) expect(refusal(text.repeat(50_000)).startsWith("accepted"), text).toBe(false)
    expect(meaning(`${"a.".repeat(3)}com`)).toBe("name a.a.a.com")
  })
})

describe("addresses as numbers", () => {
  test.each([
    ["0.0.0.0", 0n],
    ["0.0.0.1", 1n],
    ["127.0.0.1", 0x7f000001n],
    ["255.255.255.255", 0xffffffffn],
  ])("%s", (address, bits) => {
    expect(bitsOfV4(address)).toBe(bits)
  })

  test.each([
    ["::", 0n],
    ["::1", 1n],
    ["1::", 1n << 112n],
    ["::ffff:1.2.3.4", 0xffff01020304n],
    ["::1.2.3.4", 0x01020304n],
    ["1:2:3:4:5:6:1.2.3.4", 0x00010002000300040005000601020304n],
    ["64:ff9b::1.2.3.4", 0x0064ff9b000000000000000001020304n],
    ["1:2:3:4:5:6:7:8", 0x00010002000300040005000600070008n],
    ["0001:0002::0008", 0x00010002000000000000000000000008n],
    ["1:2:3:4:5:6:7::", 0x00010002000300040005000600070000n],
    ["::2:3:4:5:6:7:8", 0x00000002000300040005000600070008n],
    ["1:0:0:2::", 0x00010000000000020000000000000000n],
    ["ABCD::ef", 0xabcd00000000000000000000000000efn],
    ["ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", (1n << 128n) - 1n],
  ])("%s", (address, bits) => {
    expect(bitsOfV6(address)).toBe(bits)
  })

  test("every spelling of an address is the same number", () => {
    const groups = fc.array(fc.oneof(fc.constant(0), fc.nat(0xffff)), { minLength: 8, maxLength: 8 })
    fc.assert(
      fc.property(groups, fc.nat(7), fc.nat(8), fc.boolean(), (parts, from, length, dotted) => {
        const bits = parts.reduce((sum, part) => (sum << 16n) | BigInt(part), 0n)
        const to = Math.min(8, from + length)
        const shortened = parts.slice(from, to).every(part => part === 0) && to > from
        const written = (list: number[], radix: (part: number) => string) => list.map(radix).join(":")
        const hex = (part: number) => part.toString(16)
        const spellings = [
          written(parts, hex),
          written(parts, part => hex(part).padStart(4, "0")),
          written(parts, part => hex(part).toUpperCase()),
          ...(shortened ? [`${written(parts.slice(0, from), hex)}::${written(parts.slice(to), hex)}`] : []),
        ]
        const [high = 0, low = 0] = parts.slice(6)
        const tail = [high >> 8, high & 255, low >> 8, low & 255].join(".")
        if (dotted) spellings.push(`${written(parts.slice(0, 6), hex)}:${tail}`)
        for (const spelling of spellings) {
          expect([spelling, bitsOfV6(spelling)]).toEqual([spelling, bits])
          expect(meaning(spelling)).toBe(`address ${spelling.toLowerCase()}/128`)
        }
      }),
    )
  })

  test("what Node takes for an address is one, and nothing else is", () => {
    const text = (...units: string[]) =>
      fc
        .array(fc.constantFrom(...units), { maxLength: 10 })
        .map(parts => parts.join("").replace(/(?<!:):$/, ""))
    // An IPv4 address in an IPv6 one is an address, and refused in words of its own.
    const isAccepted = (text: string) => /^accepted|is written as IPv4/.test(refusal(text))
    fc.assert(
      fc.property(text(..."0129af:", "::", "255", "ffff:"), text(..."0129.", "255", "1.2.3"), (v6, v4) => {
        if (v6.includes(":")) expect([v6, isAccepted(`[${v6}]`)]).toEqual([v6, isIPv6(v6)])
        expect([v4, isAccepted(v4)]).toEqual([v4, isIPv4(v4)])
      }),
      { numRuns: 5000 },
    )
  })
})

test("what a pattern means has one spelling: written again it means the same", () => {
  const text = fc.string({
    unit: fc.constantFrom(..."abA1.*-_:/0[]", "com", "::", "10.0.0.0"),
    maxLength: 10,
  })
  fc.assert(
    fc.property(text, text => {
      // In brackets a prefix is digits up to the bracket; others are refused in words of their own.
      fc.pre(!/\[.*\/(?!\d+\])/.test(text))
      const first = refusal(text)
      if (!first.startsWith("accepted")) return
      const pattern = hostPattern(text)
      expect(hostPattern(hostText(pattern))).toEqual(pattern)
    }),
    { numRuns: 5000 },
  )
})
