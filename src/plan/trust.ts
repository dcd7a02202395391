/** What makes programs inside trust the session's own authority, beside all whom they trust on the host. */
import type { TrustStores } from "../host/trust-stores.ts"
import { javaStoreWith } from "./java-trust.ts"
import type { Mount } from "./launch-plan.ts"

export type TrustRequest = {
  /** PEM of the session's authority; public */
  certificate: string
  stores: TrustStores
  /** what the command would see without us */
  environment: Readonly<Record<string, string>>
  /** whether a file of the host is seen inside */
  visible: (path: string) => boolean
}

export type TrustPlan = {
  mounts: Mount[]
  variables: Record<string, string>
  warnings: string[]
}

const directory = "/run/cordon"
/** The session's authority alone, and with everybody whom the machine trusts. */
const ownPath = `${directory}/authority.pem`
const allPath = `${directory}/authorities.pem`

/**
 * Most programs read the machine's bundle, which gets one certificate more. These bring their own, or look at a directory
 * in which nothing can be added. Those that a variable makes trust more get ours, the others get all.
 */
const needed: Readonly<Record<string, string>> = {
  /** OpenSSL, and so Python, Ruby, PHP and .NET; Go; Rust's rustls-native-certs, and so cargo and uv */
  SSL_CERT_FILE: allPath,
  /** Node and Bun */
  NODE_EXTRA_CA_CERTS: ownPath,
  /** Python's requests, and so pip and the AWS command line */
  REQUESTS_CA_BUNDLE: allPath,
  DENO_CERT: ownPath,
  /** gRPC in Python, Ruby, C++ and PHP */
  GRPC_DEFAULT_SSL_ROOTS_FILE_PATH: allPath,
  CLOUDSDK_CORE_CUSTOM_CA_CERTS_FILE: allPath,
}

export function planTrust({ certificate, stores, environment, visible }: TrustRequest): TrustPlan {
  const why = "the session's own certificate authority is trusted inside"
  const withOurs = (text: string) => `${text.trimEnd()}\n${certificate}`.trimStart()
  const plan: TrustPlan = { mounts: [], variables: {}, warnings: [] }
  const add = (path: string, content: string) => plan.mounts.push({ kind: "file", path, content, why })
  add(ownPath, certificate)
  add(allPath, withOurs(stores.bundles[0]?.text ?? ""))
  for (const { path, text } of stores.bundles)
    if (visible(path)) plan.mounts.push({ kind: "data", path, content: withOurs(text), why })
  for (const [name, path] of Object.entries(needed)) if (!(name in environment)) plan.variables[name] = path
  const copies = new Map<string, string>()
  for (const [name, { path, text }] of Object.entries(stores.named)) {
    // Most of them name the machine's bundle, which has ours by now.
    const isBundle = visible(path) && stores.bundles.some(bundle => bundle.path === path)
    if (!(name in environment) || isBundle) continue
    const copy = copies.get(text) ?? `${directory}/${name}.pem`
    if (!copies.has(text)) add(copy, withOurs(text))
    copies.set(text, copy)
    plan.variables[name] = copy
  }
  for (const { path, content } of stores.java) {
    if (!visible(path)) continue
    const store = javaStoreWith(content, certificate)
    if (store === undefined)
      plan.warnings.push(
        `Java's trust store ${path} is encrypted: Java programs will not trust hosts whose TLS Cordon ends`,
      )
    else plan.mounts.push({ kind: "data", path, content: store, why })
  }
  return plan
}
