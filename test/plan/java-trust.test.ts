import { afterAll, describe, expect, test } from "bun:test"
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import fc from "fast-check"
import { createAuthority } from "../../src/network/tls/authority.ts"
import { javaStoreWith } from "../../src/plan/java-trust.ts"
import { run } from "../support/process.ts"

const directory = mkdtempSync(join(tmpdir(), "cordon-java-"))
afterAll(() => rmSync(directory, { recursive: true, force: true }))

const keytool = Bun.which("keytool")
const { certificate } = createAuthority(["api.test"])
const path = (name: string) => join(directory, name)
writeFileSync(path("ours.pem"), certificate)

async function tool(...words: string[]): Promise<string> {
  const env = { PATH: process.env.PATH ?? "", LC_ALL: "C" }
  const { stdout, stderr } = await run([keytool ?? "", ...words], { cwd: directory, env })
  return stdout + stderr
}

/** A store that Java made, with one certificate in it. */
async function store(type: "JKS" | "PKCS12", ...words: string[]): Promise<Buffer> {
  const name = `${type}-${words.length}.store`
  rmSync(path(name), { force: true })
  writeFileSync(path("theirs.pem"), createAuthority(undefined).certificate)
  const common = ["-importcert", "-noprompt", "-alias", "theirs", "-file", "theirs.pem", "-keystore", name]
  await tool(...common, "-storetype", type, "-storepass", "changeit", ...words)
  return readFileSync(path(name))
}

/** What Java finds in a store of ours. */
async function listed(content: Uint8Array): Promise<string> {
  writeFileSync(path("result"), content)
  return tool("-list", "-v", "-keystore", "result", "-storepass", "changeit")
}

describe.skipIf(keytool === null)("Java's own tool [skipped when keytool is not installed]", () => {
  test("reads a store of the old kind with ours added, and its digest is right", async () => {
    const result = javaStoreWith(await store("JKS"), certificate)
    const text = await listed(result ?? Buffer.alloc(0))
    expect(text).toContain("contains 2 entries")
    expect(text).toContain("Alias name: cordon")
    expect(text).toContain("Alias name: theirs")
    expect(text).toContain("Owner: CN=Cordon session")
    expect(text).not.toContain("WARNING  WARNING")
  })

  test("reads what was a store of the new kind, as they come with a JDK: neither encrypted nor signed", async () => {
    const open = ["-J-Dkeystore.pkcs12.certProtectionAlgorithm=NONE", "-J-Dkeystore.pkcs12.macAlgorithm=NONE"]
    const result = javaStoreWith(await store("PKCS12", ...open), certificate)
    const text = await listed(result ?? Buffer.alloc(0))
    expect(text).toContain("contains 2 entries")
    expect(text).toContain("Alias name: cordon")
  })

  test("made an encrypted store: it is left alone", async () => {
    expect(javaStoreWith(await store("PKCS12"), certificate)).toBeUndefined()
  })
})

test("the machine's own store, where there is one, gets one entry more and keeps the others as they are", () => {
  const [place] = ["/etc/ssl/certs/java/cacerts", "/etc/pki/java/cacerts"].filter(
    path => Bun.file(path).size > 0,
  )
  const before =
    place === undefined
      ? Buffer.from(`feedfeed0000000200000000${"00".repeat(20)}`, "hex")
      : readFileSync(place)
  const after = javaStoreWith(before, certificate)
  if (before.readUInt32BE(0) !== 0xfeedfeed) return expect(after?.readUInt32BE(0)).toBe(0xfeedfeed)
  expect(after?.readUInt32BE(8)).toBe(before.readUInt32BE(8) + 1)
  expect(after?.subarray(12, before.length - 20)).toEqual(before.subarray(12, -20))
})

describe("what is no store", () => {
  test.each([
    ["nothing", ""],
    ["text", "-----BEGIN CERTIFICATE-----"],
    ["another version of the old kind", `feedfeed0000000100000000${"00".repeat(20)}`],
    ["the old kind, cut", "feedfeed00000002"],
    ["an empty structure", "3000"],
    ["a structure that is cut", "30820500"],
    ["lengths without end", "30ffffffffff"],
    ["a length of no fixed size", "3080"],
  ])("%s", (_, text) => {
    const content = /^[\da-f]*$/.test(text) ? Buffer.from(text, "hex") : Buffer.from(text)
    expect(javaStoreWith(content, certificate)).toBeUndefined()
  })

  test("any bytes", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), bytes => {
        expect(javaStoreWith(Buffer.concat([Buffer.from("3081"), bytes]), certificate)).toBeUndefined()
      }),
    )
  })
})
