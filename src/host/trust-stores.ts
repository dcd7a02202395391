/** The files from which programs of this machine learn whom to trust. Read only when a session has an authority of its own. */
import { readFileSync } from "node:fs"
import { systemPath } from "../base/path-bytes.ts"
import { bundlePlaces, readBundle } from "./authorities.ts"
import { listNames } from "./directory.ts"
import type { PathFacts } from "./path-facts.ts"

type Environment = Readonly<Record<string, string | undefined>>

export type TrustStores = {
  /** canonical path and PEM text */
  bundles: readonly Bundle[]
  /** files that variables of the environment name, by variable: canonical path and PEM text */
  named: Readonly<Record<string, Bundle>>
  /** canonical path and content of Java's own */
  java: readonly { path: string; content: Uint8Array }[]
}

/** Variables that name a file of authorities; the first column of `--help` for half of the world's clients. */
const trustVariables: readonly string[] = [
  "SSL_CERT_FILE",
  "NODE_EXTRA_CA_CERTS",
  "REQUESTS_CA_BUNDLE",
  "CURL_CA_BUNDLE",
  "GIT_SSL_CAINFO",
  "PIP_CERT",
  "AWS_CA_BUNDLE",
  "CARGO_HTTP_CAINFO",
  "DENO_CERT",
  "NIX_SSL_CERT_FILE",
  "CLOUDSDK_CORE_CUSTOM_CA_CERTS_FILE",
  "GRPC_DEFAULT_SSL_ROOTS_FILE_PATH",
  "HTTPLIB2_CA_CERTS",
  "HEX_CACERTS_PATH",
]

/** More Java than anybody has; each is mounted. */
const javaMax = 16
const javaBytesMax = 8 * 1024 * 1024

/** @param home canonical home directory */
export function readTrustStores(environment: Environment, home: string, facts: PathFacts): TrustStores {
  const bundles = canonicalFiles([...bundlePlaces, ...packagedBundles(environment, home)], facts)
  const read = readOnce()
  return {
    bundles: bundles.flatMap(path => read(path) ?? []),
    named: Object.fromEntries(
      trustVariables.flatMap(name => {
        const path = environment[name]
        const bundle = path?.startsWith("/") ? read(facts(path).canonical) : undefined
        return bundle === undefined ? [] : [[name, bundle]]
      }),
    ),
    java: canonicalFiles(javaPlaces(environment, home, facts), facts)
      .slice(0, javaMax)
      .flatMap(path => {
        const content = readStore(path)
        return content === undefined ? [] : [{ path, content }]
      }),
  }
}

type Bundle = { path: string; text: string }

/** Where a dozen variables are set they name one file of a quarter of a megabyte. */
function readOnce(): (path: string) => Bundle | undefined {
  const known = new Map<string, Bundle | undefined>()
  return path => {
    if (!known.has(path)) {
      const text = readBundle(path)
      known.set(path, text === undefined ? undefined : { path, text })
    }
    return known.get(path)
  }
}

function canonicalFiles(paths: readonly string[], facts: PathFacts): string[] {
  const files = paths.map(facts).filter(({ kind }) => kind === "file")
  return [...new Set(files.map(({ canonical }) => canonical))]
}

/** Package managers that bring libraries of their own bring a bundle with them. */
function packagedBundles({ CONDA_PREFIX }: Environment, home: string): string[] {
  return [
    "/home/linuxbrew/.linuxbrew/etc/ca-certificates/cert.pem",
    `${home}/.linuxbrew/etc/ca-certificates/cert.pem`,
    ...(CONDA_PREFIX?.startsWith("/") ? [`${CONDA_PREFIX}/ssl/cacert.pem`] : []),
  ]
}

/** Where distributions keep one store for every Java, and where each Java has its own. */
function javaPlaces({ JAVA_HOME, PATH }: Environment, home: string, facts: PathFacts): string[] {
  const shared = [
    "/etc/ssl/certs/java/cacerts",
    "/etc/pki/java/cacerts",
    "/etc/pki/ca-trust/extracted/java/cacerts",
    "/var/lib/ca-certificates/java-cacerts",
  ]
  const trees = [
    "/usr/lib/jvm",
    `${home}/.sdkman/candidates/java`,
    `${home}/.jdks`,
    `${home}/.asdf/installs/java`,
    `${home}/.local/share/mise/installs/java`,
  ]
  const programs = (PATH ?? "").split(":").map(directory => facts(`${directory}/java`).canonical)
  const homes = [
    ...(JAVA_HOME?.startsWith("/") ? [JAVA_HOME] : []),
    ...programs.flatMap(path => (path.endsWith("/bin/java") ? [path.slice(0, -"/bin/java".length)] : [])),
    ...trees.flatMap(tree => namesIn(tree).map(name => `${tree}/${name}`)),
    "/opt/java/openjdk",
  ]
  return [
    ...shared,
    ...homes.flatMap(place => [`${place}/lib/security/cacerts`, `${place}/jre/lib/security/cacerts`]),
  ]
}

function namesIn(directory: string): readonly string[] {
  const names = listNames(directory)
  return typeof names === "string" ? [] : names
}

function readStore(path: string): Uint8Array | undefined {
  try {
    const content = readFileSync(systemPath(path))
    return content.length <= javaBytesMax ? content : undefined
  } catch (cause) {
    // What we may not read, no program of ours inside may read either.
    if ((cause as NodeJS.ErrnoException).code === undefined) throw cause
    return undefined
  }
}
