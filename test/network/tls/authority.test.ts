import { afterAll, describe, expect, test } from "bun:test"
import { createPrivateKey, X509Certificate } from "node:crypto"
import { mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { type Authority, createAuthority } from "../../../src/network/tls/authority.ts"
import { run } from "../../support/process.ts"

const directory = mkdtempSync(join(tmpdir(), "cordon-authority-"))
afterAll(() => rmSync(directory, { recursive: true, force: true }))

const openssl = Bun.which("openssl")
const java = Bun.which("java")
const go = Bun.which("go")

let count = 0
function file(content: string): string {
  const path = join(directory, `${count++}.pem`)
  writeFileSync(path, content)
  return path
}

/** What OpenSSL says to a certificate of the authority for that name, by the letter of RFC 5280. */
async function verify(authority: Authority, host: string): Promise<string> {
  const words = ["verify", "-x509_strict", "-verify_hostname", host]
  const [ca, own] = [file(authority.certificate), file(authority.identityOf(host).certificate)]
  const { stdout, stderr } = await run([openssl ?? "", ...words, "-CAfile", ca, own], {
    cwd: directory,
    env: {},
  })
  return stdout + stderr
}

describe("the authority's certificate", () => {
  const certificate = new X509Certificate(createAuthority(["api.test"]).certificate)

  test("is an authority of its own, for a year", () => {
    expect(certificate.ca).toBe(true)
    expect(certificate.verify(certificate.publicKey)).toBe(true)
    expect(certificate.checkIssued(certificate)).toBe(true)
    const days = (Date.parse(certificate.validTo) - Date.now()) / 86_400_000
    expect(days).toBeGreaterThan(300)
    expect(days).toBeLessThan(400)
  })

  test("has an ECDSA key on P-256 and says whose session it is", () => {
    expect(certificate.publicKey.asymmetricKeyDetails).toMatchObject({ namedCurve: "prime256v1" })
    expect(certificate.subject).toMatch(/^O=Cordon\nCN=Cordon session [0-9a-f]{8}$/)
  })

  test("is another one for each session, with another key", () => {
    const other = new X509Certificate(createAuthority(["api.test"]).certificate)
    expect(other.fingerprint256).not.toBe(certificate.fingerprint256)
    expect(other.subject).not.toBe(certificate.subject)
    expect(other.verify(certificate.publicKey)).toBe(false)
  })
})

describe("a host's certificate", () => {
  const authority = createAuthority(["api.test"])
  const { certificate, key } = authority.identityOf("api.test")
  const own = new X509Certificate(certificate)

  test("is for that name and no other", () => {
    expect(own.checkHost("api.test")).toBe("api.test")
    expect(own.checkHost("www.api.test")).toBeUndefined()
    expect(own.subjectAltName).toBe("DNS:api.test")
    expect(own.ca).toBe(false)
  })

  test("is signed by the authority, whose certificate follows it", () => {
    const parts = certificate.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----\n/g) ?? []
    expect(parts).toHaveLength(2)
    expect(parts[1]).toBe(authority.certificate)
    expect(own.verify(new X509Certificate(authority.certificate).publicKey)).toBe(true)
  })

  test("is for servers, and for two days", () => {
    expect(own.keyUsage).toEqual(["1.3.6.1.5.5.7.3.1"])
    const hours = (Date.parse(own.validTo) - Date.now()) / 3_600_000
    expect(hours).toBeGreaterThan(24)
    expect(hours).toBeLessThanOrEqual(48)
  })

  test("begins a day ago: clocks are wrong", () => {
    expect(Date.now() - Date.parse(own.validFrom)).toBeGreaterThan(23 * 3_600_000)
  })

  test("belongs to the key beside it, which is not the authority's", () => {
    expect(own.checkPrivateKey(createPrivateKey(key))).toBe(true)
    expect(new X509Certificate(authority.certificate).checkPrivateKey(createPrivateKey(key))).toBe(false)
  })

  test("has a number of its own", () => {
    const other = new X509Certificate(createAuthority(["api.test"]).identityOf("api.test").certificate)
    expect(other.serialNumber).not.toBe(own.serialNumber)
    expect(own.serialNumber.length).toBeGreaterThanOrEqual(28)
  })

  test("of a name too long for a common name has it as alternative name alone", () => {
    const long = `${"a".repeat(60)}.${"b".repeat(60)}.api.test`
    const certificate = new X509Certificate(authority.identityOf(long).certificate)
    expect(certificate.subject).toBe("O=Cordon")
    expect(certificate.checkHost(long)).toBe(long)
  })
})

describe("identities", () => {
  test("are made once", () => {
    const authority = createAuthority(undefined)
    expect(authority.identityOf("a.test")).toBe(authority.identityOf("a.test"))
    expect(authority.identityOf("b.test")).not.toBe(authority.identityOf("a.test"))
  })

  test("are made anew before they end", () => {
    let now = Date.now()
    const authority = createAuthority(undefined, () => now)
    const first = authority.identityOf("a.test")
    now += 23 * 3_600_000
    expect(authority.identityOf("a.test")).toBe(first)
    now += 2 * 3_600_000
    const second = authority.identityOf("a.test")
    expect(second).not.toBe(first)
    expect(Date.parse(new X509Certificate(second.certificate).validTo)).toBeGreaterThan(now)
  })

  test("of many names do not stay: the oldest makes room", () => {
    const authority = createAuthority(undefined)
    const first = authority.identityOf("name0.test")
    const last = Array.from({ length: 256 }, (_, index) => authority.identityOf(`name${index + 1}.test`)).at(
      -1,
    )
    expect(authority.identityOf("name256.test")).toBe(last as typeof first)
    expect(authority.identityOf("name0.test")).not.toBe(first)
  })
})

describe.skipIf(openssl === null)("OpenSSL [skipped when openssl is not installed]", () => {
  const authority = createAuthority(["api.test", "example.com"])

  test.each(["api.test", "www.api.test", "example.com", "a.b.example.com"])("accepts %s", async host => {
    expect(await verify(authority, host)).toContain(": OK")
  })

  test.each(["evil.test", "api.test.evil.com", "notexample.com"])(
    "refuses %s, which the authority may not speak for",
    async host => {
      expect(await verify(authority, host)).toContain("permitted subtree violation")
    },
  )

  test("accepts any name of an authority without bounds", async () => {
    expect(await verify(createAuthority(undefined), "evil.test")).toContain(": OK")
  })

  test("refuses the certificate of another session", async () => {
    const other = { ...authority, identityOf: createAuthority(["api.test"]).identityOf }
    expect(await verify(other, "api.test")).toContain("verification failed")
  })
})

const javaCheck = `
import java.io.*; import java.security.*; import java.security.cert.*; import java.util.*;
import javax.net.ssl.*;
public class Check {
  public static void main(String[] words) throws Exception {
    CertificateFactory factory = CertificateFactory.getInstance("X.509");
    KeyStore store = KeyStore.getInstance("PKCS12");
    store.load(null, null);
    store.setCertificateEntry("ca", factory.generateCertificate(new FileInputStream(words[0])));
    TrustManagerFactory trust = TrustManagerFactory.getInstance("PKIX");
    trust.init(store);
    Collection<? extends java.security.cert.Certificate> chain = factory.generateCertificates(new FileInputStream(words[1]));
    try {
      ((X509TrustManager) trust.getTrustManagers()[0]).checkServerTrusted(chain.toArray(new X509Certificate[0]), "ECDHE_ECDSA");
      System.out.println("trusted");
    } catch (CertificateException refusal) { System.out.println("refused " + refusal.getMessage()); }
  }
}`

describe.skipIf(java === null)("Java [skipped when java is not installed]", () => {
  test("accepts the names that the authority may speak for", async () => {
    const source = join(directory, "Check.java")
    writeFileSync(source, javaCheck)
    const authority = createAuthority(["api.test"])
    const words = [
      java ?? "",
      source,
      file(authority.certificate),
      file(authority.identityOf("api.test").certificate),
    ]
    const { stdout, stderr } = await run(words, { cwd: directory, env: { PATH: process.env.PATH ?? "" } })
    expect(stdout + stderr).toBe("trusted\n")
  })
})

const goCheck = `package main
import ("crypto/x509"; "encoding/pem"; "fmt"; "os")
func main() {
  roots := x509.NewCertPool(); ca, _ := os.ReadFile(os.Args[1]); roots.AppendCertsFromPEM(ca)
  own, _ := os.ReadFile(os.Args[2]); block, _ := pem.Decode(own); certificate, err := x509.ParseCertificate(block.Bytes)
  if err == nil { _, err = certificate.Verify(x509.VerifyOptions{Roots: roots, DNSName: os.Args[3]}) }
  fmt.Println(err)
}`

describe.skipIf(go === null)("Go [skipped when go is not installed]", () => {
  test("accepts the names that the authority may speak for, and no others", async () => {
    const source = join(directory, "check.go")
    writeFileSync(source, goCheck)
    const authority = createAuthority(["api.test"])
    const check = async (host: string) => {
      const files = [file(authority.certificate), file(authority.identityOf(host).certificate)]
      const words = [go ?? "", "run", source, ...files, host]
      const env = { PATH: process.env.PATH ?? "", HOME: directory, GOFLAGS: "-mod=mod" }
      return (await run(words, { cwd: directory, env })).stdout
    }
    expect(await check("api.test")).toBe("<nil>\n")
    expect(await check("evil.test")).toContain("not permitted")
  })
})

test("no key touches the disk: this process has no file open that is not of its start, and wrote none", () => {
  const before = readdirSync("/proc/self/fd").length
  const authority = createAuthority(["api.test"])
  const { key } = authority.identityOf("api.test")
  expect(readdirSync("/proc/self/fd").length).toBeLessThanOrEqual(before + 1)
  const open = readdirSync("/proc/self/fd").flatMap(name => {
    try {
      return [readlinkSync(`/proc/self/fd/${name}`)]
    } catch {
      return []
    }
  })
  const files = open.filter(path => path.startsWith("/tmp/") || path.startsWith("/dev/shm/"))
  for (const path of files) expect(readFileSync(path, "latin1")).not.toContain(key.split("\n")[1] ?? key)
})
