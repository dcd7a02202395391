import { afterAll, describe, expect, test } from "bun:test"
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { UserError } from "../../src/base/error.ts"
import { bundlePlaces, hostAuthorities, readBundle } from "../../src/host/authorities.ts"
import { createAuthority } from "../../src/network/tls/authority.ts"

const directory = mkdtempSync(join(tmpdir(), "cordon-authorities-"))
afterAll(() => rmSync(directory, { recursive: true, force: true }))

const { certificate } = createAuthority(undefined)
const file = (name: string, content: string) => {
  writeFileSync(join(directory, name), content)
  return join(directory, name)
}

const hasBundle = bundlePlaces.some(path => existsSync(path))

describe("whom the machine trusts", () => {
  test.skipIf(!hasBundle)("is in one file [skipped when this machine has no bundle]", () => {
    const [bundle, ...more] = hostAuthorities({})
    expect(bundle?.match(/BEGIN CERTIFICATE/g)?.length).toBeGreaterThan(10)
    expect(more).toEqual([])
  })

  test("is what SSL_CERT_FILE says instead", () => {
    const own = file("own.pem", certificate)
    expect(hostAuthorities({ SSL_CERT_FILE: own })).toEqual([certificate])
  })

  test("and what NODE_EXTRA_CA_CERTS adds", () => {
    const own = file("extra.pem", certificate)
    expect(hostAuthorities({ NODE_EXTRA_CA_CERTS: own }).at(-1)).toBe(certificate)
    expect(hostAuthorities({ SSL_CERT_FILE: own, NODE_EXTRA_CA_CERTS: own })).toEqual([
      certificate,
      certificate,
    ])
  })

  test("an empty variable says nothing", () => {
    expect(hostAuthorities({ SSL_CERT_FILE: "", NODE_EXTRA_CA_CERTS: "" })).toEqual(hostAuthorities({}))
  })

  test.each([
    ["a file that is not there", () => join(directory, "absent.pem")],
    ["a directory", () => directory],
    ["a file without a certificate", () => file("none.pem", "nothing")],
  ])("a variable that names %s stops the run: others would be trusted than were meant", (_, path) => {
    for (const name of ["SSL_CERT_FILE", "NODE_EXTRA_CA_CERTS"]) {
      expect(() => hostAuthorities({ [name]: path() })).toThrow(UserError)
      expect(() => hostAuthorities({ [name]: path() })).toThrow(name)
    }
  })
})

describe("a bundle", () => {
  test("is a file with certificates", () => {
    expect(readBundle(file("one.pem", `comment\n${certificate}`))).toContain(certificate)
  })

  test.each([
    ["not there", () => join(directory, "absent.pem")],
    ["a directory", () => directory],
    ["something else", () => file("else.pem", "-----BEGIN PRIVATE KEY-----")],
  ])("is none when it is %s", (_, path) => {
    expect(readBundle(path())).toBeUndefined()
  })
})
