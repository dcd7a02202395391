import { afterAll, describe, expect, test } from "bun:test"
import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"
import { bundlePlaces } from "../../src/host/authorities.ts"
import { createPathFacts } from "../../src/host/path-facts.ts"
import { readTrustStores } from "../../src/host/trust-stores.ts"
import { createAuthority } from "../../src/network/tls/authority.ts"

const home = realpathSync(mkdtempSync(join(tmpdir(), "cordon-stores-")))
afterAll(() => rmSync(home, { recursive: true, force: true }))

const { certificate } = createAuthority(undefined)

function file(path: string, content: string): string {
  const place = join(home, path)
  mkdirSync(dirname(place), { recursive: true })
  writeFileSync(place, content)
  return place
}

const read = (environment: Record<string, string> = {}) =>
  readTrustStores(environment, home, createPathFacts())
const javaOf = (environment: Record<string, string> = {}) =>
  read(environment).java.filter(({ path }) => path.startsWith(home))

describe("bundles", () => {
  test("of the machine are found once, however many names they have", () => {
    const { bundles } = read()
    const facts = createPathFacts()
    const there = bundlePlaces.map(facts).filter(({ kind }) => kind === "file")
    expect(new Set(bundles.map(({ path }) => path)).size).toBe(bundles.length)
    expect(bundles.length).toBeLessThanOrEqual(there.length)
    for (const { path, text } of bundles) {
      expect(facts(path).canonical).toBe(path)
      expect(text).toContain("BEGIN CERTIFICATE")
    }
  })

  test("of package managers that bring their own", () => {
    const conda = file("conda/ssl/cacert.pem", certificate)
    const brew = file(".linuxbrew/etc/ca-certificates/cert.pem", certificate)
    const paths = read({ CONDA_PREFIX: join(home, "conda") }).bundles.map(({ path }) => path)
    expect(paths).toContain(conda)
    expect(paths).toContain(brew)
    expect(read().bundles.map(({ path }) => path)).not.toContain(conda)
  })
})

describe("files that variables name", () => {
  test("are read, by variable", () => {
    const own = file("own.pem", certificate)
    expect(read({ SSL_CERT_FILE: own, AWS_CA_BUNDLE: own, OTHER: own }).named).toEqual({
      SSL_CERT_FILE: { path: own, text: certificate },
      AWS_CA_BUNDLE: { path: own, text: certificate },
    })
  })

  test.each([["not there"], ["a directory"], ["relative"], ["no certificate"]])(
    "that are %s are left alone",
    kind => {
      const paths = {
        "not there": join(home, "absent"),
        "a directory": home,
        relative: "own.pem",
        "no certificate": file("x", "y"),
      }
      expect(read({ SSL_CERT_FILE: paths[kind as keyof typeof paths] }).named).toEqual({})
    },
  )
})

describe("Java's stores", () => {
  const store = file("jdk/lib/security/cacerts", "store of JAVA_HOME")
  const sdkman = file(".sdkman/candidates/java/21/lib/security/cacerts", "store of sdkman")
  const old = file(".jdks/8/jre/lib/security/cacerts", "store of an old one")

  test("are found where people install it", () => {
    expect(
      javaOf()
        .map(({ path }) => path)
        .sort(),
    ).toEqual([old, sdkman].sort())
    expect(javaOf({ JAVA_HOME: join(home, "jdk") }).map(({ path }) => path)).toContain(store)
  })

  test("and by the java of PATH, through links", () => {
    file("jdk/bin/java", "")
    mkdirSync(join(home, "bin"))
    symlinkSync("../jdk/bin/java", join(home, "bin/java"))
    expect(javaOf({ PATH: `${home}/nothing:${home}/bin` }).map(({ path }) => path)).toContain(store)
  })

  test("are read once, by their true name", () => {
    symlinkSync(join(home, "jdk"), join(home, ".sdkman/candidates/java/current"))
    const paths = javaOf({ JAVA_HOME: join(home, ".sdkman/candidates/java/current") }).map(({ path }) => path)
    expect(paths.filter(path => path === store)).toHaveLength(1)
    expect(
      Buffer.from(
        javaOf({ JAVA_HOME: join(home, "jdk") }).find(({ path }) => path === store)?.content ?? [],
      ).toString(),
    ).toBe("store of JAVA_HOME")
  })

  test("of absurd size are left alone, and of absurd number too", () => {
    file(".asdf/installs/java/huge/lib/security/cacerts", "x".repeat(9 * 1024 * 1024))
    for (let count = 0; count < 30; count++)
      file(`.asdf/installs/java/${count}/lib/security/cacerts`, "small")
    const { java } = read()
    expect(java.length).toBeLessThanOrEqual(16)
    expect(java.some(({ path }) => path.includes("huge"))).toBe(false)
  })
})
