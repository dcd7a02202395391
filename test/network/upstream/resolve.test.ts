import { describe, expect, test } from "bun:test"
import { UpstreamRefused } from "../../../src/network/streams/ended-connection.ts"
import { askHost, boundedLookUp } from "../../../src/network/upstream/resolve.ts"
import { until } from "../../support/servers.ts"

async function failure(asking: Promise<unknown>): Promise<UpstreamRefused> {
  try {
    await asking
  } catch (cause) {
    if (cause instanceof UpstreamRefused) return cause
    throw cause
  }
  throw new Error("it did not fail")
}

/** A look-up whose answers come when the test says so. */
function slowLookUp() {
  const asked: string[] = []
  const open = new Map<string, PromiseWithResolvers<string[]>>()
  const lookUp = boundedLookUp(name => {
    asked.push(name)
    const answer = Promise.withResolvers<string[]>()
    open.set(name, answer)
    return answer.promise
  })
  return { asked, lookUp, answer: (name: string) => open.get(name)?.resolve([`of ${name}`]), open }
}

describe("the host", () => {
  test("knows itself", async () => {
    const addresses = await askHost("localhost")
    expect(addresses.some(address => ["127.0.0.1", "::1"].includes(address))).toBe(true)
    expect(new Set(addresses).size).toBe(addresses.length)
  })

  test("finds no address of a name that there is not (RFC 6761)", async () => {
    const { status, message } = await failure(askHost("nowhere.invalid"))
    expect([502, 504]).toContain(status)
    expect(message).toContain("nowhere.invalid")
  })
})

describe("look-ups", () => {
  test("of one name at one time are one", async () => {
    const { asked, lookUp, answer } = slowLookUp()
    const answers = Promise.all([lookUp("web.test"), lookUp("web.test"), lookUp("web.test")])
    await until(() => asked.length > 0)
    answer("web.test")
    expect(await answers).toEqual([["of web.test"], ["of web.test"], ["of web.test"]])
    expect(asked).toEqual(["web.test"])
  })

  test("are not remembered: an address may change", async () => {
    const { asked, lookUp, answer } = slowLookUp()
    for (let count = 0; count < 2; count++) {
      const found = lookUp("web.test")
      await until(() => asked.length > count)
      answer("web.test")
      await found
    }
    expect(asked).toEqual(["web.test", "web.test"])
  })

  test("that fail are asked again", async () => {
    let count = 0
    const lookUp = boundedLookUp(async () => {
      if (++count === 1) throw new UpstreamRefused(502, "not now")
      return ["10.0.0.1"]
    })
    expect((await failure(lookUp("web.test"))).message).toBe("not now")
    expect(await lookUp("web.test")).toEqual(["10.0.0.1"])
  })

  test("are few at a time, and the others get their turn", async () => {
    const { asked, lookUp, answer } = slowLookUp()
    const names = Array.from({ length: 40 }, (_, index) => `n${index}.test`)
    const found = names.map(name => lookUp(name))
    await until(() => asked.length > 0)
    await Bun.sleep(20)
    expect(asked.length).toBeLessThan(names.length)
    const atOnce = asked.length
    for (let done = 0; done < names.length; done++) {
      await until(() => asked.length > done)
      expect(asked.length - done).toBeLessThanOrEqual(atOnce)
      answer(asked[done] ?? "")
    }
    expect(await Promise.all(found)).toEqual(names.map(name => [`of ${name}`]))
  })

  test("that cannot get a turn fail instead of piling up", async () => {
    const { lookUp, open } = slowLookUp()
    const failures: Promise<UpstreamRefused>[] = []
    const found: Promise<unknown>[] = []
    for (let index = 0; index < 2000; index++) {
      const one = lookUp(`n${index}.test`)
      found.push(one.catch(() => undefined))
      if (index === 1999) failures.push(failure(one))
    }
    expect((await failures[0])?.status).toBe(504)
    const over = Promise.all(found)
    let isOver = false
    void over.then(() => {
      isOver = true
    })
    while (!isOver) {
      for (const { resolve } of open.values()) resolve([])
      await Bun.sleep(1)
    }
  })
})
