import { describe, expect, test } from "bun:test"
import type { TrustStores } from "../../src/host/trust-stores.ts"
import { planTrust, type TrustRequest } from "../../src/plan/trust.ts"

const certificate = "-----BEGIN CERTIFICATE-----\nb3Vycw==\n-----END CERTIFICATE-----\n"
const other = "-----BEGIN CERTIFICATE-----\ndGhlaXJz\n-----END CERTIFICATE-----\n"
const bundlePath = "/etc/ssl/certs/ca-certificates.crt"

/** An empty store as Java has it: magic, version, no entry, digest. */
const emptyStore = Buffer.concat([Buffer.from("feedfeed0000000200000000", "hex"), Buffer.alloc(20)])

function plan(stores: Partial<TrustStores> = {}, change: Partial<TrustRequest> = {}) {
  const all = { bundles: [{ path: bundlePath, text: other }], named: {}, java: [], ...stores }
  return planTrust({ certificate, stores: all, environment: {}, visible: () => true, ...change })
}

const named = (text: string, path = "/corp.pem") => ({ path, text })

const contentAt = (planned: ReturnType<typeof plan>, path: string) => {
  const mount = planned.mounts.find(mount => mount.path === path)
  return mount !== undefined && "content" in mount ? String(mount.content) : undefined
}

describe("the machine's bundle", () => {
  test("has ours behind it, over the file itself", () => {
    expect(plan().mounts).toContainEqual({
      kind: "data",
      path: bundlePath,
      content: other + certificate,
      why: "the session's own certificate authority is trusted inside",
    })
  })

  test("need not end its last line", () => {
    expect(contentAt(plan({ bundles: [{ path: bundlePath, text: other.trimEnd() }] }), bundlePath)).toBe(
      other + certificate,
    )
  })

  test("is every one there is, each with its own content", () => {
    const planned = plan({
      bundles: [
        { path: "/a", text: other },
        { path: "/b", text: `# b\n${other}` },
      ],
    })
    expect(contentAt(planned, "/a")).toBe(other + certificate)
    expect(contentAt(planned, "/b")).toBe(`# b\n${other}${certificate}`)
  })

  test("that is not seen inside is not mounted over: there is nothing to mount on", () => {
    const planned = plan({}, { visible: path => path !== bundlePath })
    expect(contentAt(planned, bundlePath)).toBeUndefined()
    expect(contentAt(planned, "/run/cordon/authorities.pem")).toBe(other + certificate)
  })

  test("that is missing is ours alone", () => {
    expect(contentAt(plan({ bundles: [] }), "/run/cordon/authorities.pem")).toBe(certificate)
  })
})

describe("variables", () => {
  test("name ours alone where programs add it, and all where they trust nobody else", () => {
    const planned = plan()
    expect(planned.variables).toEqual({
      SSL_CERT_FILE: "/run/cordon/authorities.pem",
      NODE_EXTRA_CA_CERTS: "/run/cordon/authority.pem",
      REQUESTS_CA_BUNDLE: "/run/cordon/authorities.pem",
      DENO_CERT: "/run/cordon/authority.pem",
      GRPC_DEFAULT_SSL_ROOTS_FILE_PATH: "/run/cordon/authorities.pem",
      CLOUDSDK_CORE_CUSTOM_CA_CERTS_FILE: "/run/cordon/authorities.pem",
    })
    expect(contentAt(planned, "/run/cordon/authority.pem")).toBe(certificate)
  })

  test("that the person set name a copy of their file with ours behind it", () => {
    const planned = plan(
      { named: { NODE_EXTRA_CA_CERTS: named("# corp\n"), AWS_CA_BUNDLE: named(other) } },
      { environment: { NODE_EXTRA_CA_CERTS: "/corp.pem", AWS_CA_BUNDLE: "/aws.pem" } },
    )
    expect(planned.variables.NODE_EXTRA_CA_CERTS).toBe("/run/cordon/NODE_EXTRA_CA_CERTS.pem")
    expect(contentAt(planned, "/run/cordon/NODE_EXTRA_CA_CERTS.pem")).toBe(`# corp\n${certificate}`)
    expect(planned.variables.AWS_CA_BUNDLE).toBe("/run/cordon/AWS_CA_BUNDLE.pem")
  })

  test("that name the machine's bundle stay as they are: it has ours", () => {
    const change = { environment: { SSL_CERT_FILE: bundlePath } }
    const planned = plan({ named: { SSL_CERT_FILE: named(other, bundlePath) } }, change)
    expect(planned.variables.SSL_CERT_FILE).toBeUndefined()
    const hidden = plan(
      { named: { SSL_CERT_FILE: named(other, bundlePath) } },
      { ...change, visible: path => path !== bundlePath },
    )
    expect(hidden.variables.SSL_CERT_FILE).toBe("/run/cordon/SSL_CERT_FILE.pem")
  })

  test("that name the same share a copy", () => {
    const planned = plan(
      { named: { AWS_CA_BUNDLE: named("# corp\n"), PIP_CERT: named("# corp\n") } },
      { environment: { AWS_CA_BUNDLE: "/corp.pem", PIP_CERT: "/corp.pem" } },
    )
    expect(planned.variables.PIP_CERT).toBe("/run/cordon/AWS_CA_BUNDLE.pem")
    expect(planned.mounts.filter(({ path }) => path.startsWith("/run/cordon/"))).toHaveLength(3)
  })

  test("whose file cannot be read are theirs", () => {
    expect(plan({}, { environment: { SSL_CERT_FILE: "/gone.pem" } }).variables.SSL_CERT_FILE).toBeUndefined()
  })

  test("that the command does not see are not brought back", () => {
    expect(plan({ named: { AWS_CA_BUNDLE: named(other) } }).variables.AWS_CA_BUNDLE).toBeUndefined()
  })
})

describe("Java", () => {
  test("has a store with one more, over its own", () => {
    const [mount] = plan({ java: [{ path: "/java/cacerts", content: emptyStore }] }).mounts.filter(
      ({ path }) => path === "/java/cacerts",
    )
    if (mount?.kind !== "data") throw new Error("no mount")
    expect(Buffer.from(mount.content as Uint8Array).readUInt32BE(8)).toBe(1)
  })

  test("whose store cannot be read is a warning", () => {
    const planned = plan({ java: [{ path: "/java/cacerts", content: Buffer.from("encrypted") }] })
    expect(planned.warnings).toEqual([
      "Java's trust store /java/cacerts is encrypted: Java programs will not trust hosts whose TLS Cordon ends",
    ])
    expect(contentAt(planned, "/java/cacerts")).toBeUndefined()
  })

  test("that is not seen inside is nobody's", () => {
    const planned = plan(
      { java: [{ path: "/java/cacerts", content: Buffer.from("x") }] },
      { visible: path => path !== "/java/cacerts" },
    )
    expect(planned.warnings).toEqual([])
  })
})

test("nothing that is mounted has a key", () => {
  const planned = plan({ java: [{ path: "/java/cacerts", content: emptyStore }] })
  for (const mount of planned.mounts)
    expect("content" in mount ? String(mount.content) : "").not.toContain("PRIVATE")
})
