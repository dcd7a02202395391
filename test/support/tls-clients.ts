/** TLS hellos: as real clients make them, and made by hand (RFC 8446, 4.1.2). */
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { words } from "./dns-messages.ts"

/** A vector with a length of one or two bytes before it. */
export function vector(size: 1 | 2, ...parts: Uint8Array[]): Buffer {
  const body = Buffer.concat(parts)
  return Buffer.concat([size === 1 ? Buffer.from([body.length]) : words(body.length), body])
}

export const extension = (type: number, data: Uint8Array): Buffer =>
  Buffer.concat([words(type), vector(2, data)])

const hostEntry = (name: string, type = 0): Buffer =>
  Buffer.concat([Buffer.from([type]), vector(2, Buffer.from(name, "latin1"))])

/** The extension of RFC 6066, 3. */
export function serverName(...names: string[]): Buffer {
  return extension(0, vector(2, ...names.map(name => hostEntry(name))))
}

/** One whose only name is of another type than a host's. */
export function otherName(type: number): Buffer {
  return extension(0, vector(2, hostEntry("a.example", type)))
}

/** The extension of RFC 7301. */
export function protocols(...names: string[]): Buffer {
  return extension(16, vector(2, ...names.map(name => vector(1, Buffer.from(name, "latin1")))))
}

export type Hello = {
  extensions?: readonly Uint8Array[] | "none"
  version?: number
  session?: Uint8Array
  ciphers?: Uint8Array
  compressions?: Uint8Array
  /** bytes after the extensions */
  rest?: Uint8Array
}

/** The body of a ClientHello. */
export function helloBody(hello: Hello = {}): Buffer {
  const { extensions = [], version = 0x0303, session = Buffer.alloc(32, 7) } = hello
  const { ciphers = words(0x1301, 0x1302), compressions = Buffer.from([0]), rest = Buffer.alloc(0) } = hello
  return Buffer.concat([
    words(version),
    Buffer.alloc(32, 9),
    vector(1, session),
    vector(2, ciphers),
    vector(1, compressions),
    ...(extensions === "none" ? [] : [vector(2, ...extensions)]),
    rest,
  ])
}

/** A handshake message: a ClientHello unless another type is said. */
export function message(body: Uint8Array, type = 1): Buffer {
  const head = Buffer.alloc(4)
  head.writeUInt8(type)
  head.writeUIntBE(body.length, 1, 3)
  return Buffer.concat([head, body])
}

/** A record: of the handshake unless another type is said. */
export function record(content: Uint8Array, { type = 22, version = 0x0301 } = {}): Buffer {
  return Buffer.concat([Buffer.from([type]), words(version), vector(2, content)])
}

/** A message in records of at most so many bytes. */
export function records(content: Uint8Array, size: number): Buffer {
  const parts: Buffer[] = []
  for (let at = 0; at < content.length; at += size) parts.push(record(content.subarray(at, at + size)))
  return Buffer.concat(parts)
}

/** A whole hello in one record. */
export function helloBytes(hello: Hello = {}): Buffer {
  return record(message(helloBody(hello)))
}

/** What the one record of a captured hello holds. */
export function contentOf(hello: Buffer): Buffer {
  return hello.subarray(5, 5 + hello.readUInt16BE(3))
}

const waitMs = 20_000

/** The first record that a client sends to a port of ours. @param command shell words; PORT is the port */
export async function capturedHello(command: string): Promise<Buffer> {
  const { promise, resolve, reject } = Promise.withResolvers<Buffer>()
  const listener = Bun.listen<Buffer>({
    hostname: "127.0.0.1",
    port: 0,
    socket: {
      open(socket) {
        socket.data = Buffer.alloc(0)
      },
      data(socket, bytes) {
        const all = Buffer.concat([socket.data, bytes])
        socket.data = all
        if (all.length < 5 || all.length < 5 + all.readUInt16BE(3)) return
        resolve(all)
        socket.terminate()
      },
    },
  })
  const words = ["sh", "-c", command.replaceAll("PORT", `${listener.port}`)]
  const directory = mkdtempSync(join(tmpdir(), "cordon-hello-"))
  const client = Bun.spawn(words, { cwd: directory, stdio: ["ignore", "ignore", "ignore"] })
  const timer = setTimeout(() => reject(new Error(`no hello came from: ${command}`)), waitMs)
  try {
    return await promise
  } finally {
    clearTimeout(timer)
    client.kill("SIGKILL")
    listener.stop(true)
    rmSync(directory, { recursive: true })
  }
}

type Client = { command: string; serverName: string | undefined; alpn: string[] }

/** Programs that speak TLS, how they are told whom to name, and what they must be heard to say. */
export const clients: Record<string, Client> = {
  openssl: {
    command: "openssl s_client -connect 127.0.0.1:PORT -servername A.Example -alpn h2,http/1.1",
    serverName: "a.example",
    alpn: ["h2", "http/1.1"],
  },
  "openssl without a name, of TLS 1.2": {
    command: "openssl s_client -connect 127.0.0.1:PORT -noservername -tls1_2",
    serverName: undefined,
    alpn: [],
  },
  "openssl, of TLS 1.0": {
    command: "openssl s_client -connect 127.0.0.1:PORT -servername a.example -tls1 -cipher ALL:@SECLEVEL=0",
    serverName: "a.example",
    alpn: [],
  },
  curl: {
    command: "curl -sk --resolve a.example:PORT:127.0.0.1 https://a.example:PORT/",
    serverName: "a.example",
    alpn: ["h2", "http/1.1"],
  },
  "curl to an address": {
    command: "curl -sk https://127.0.0.1:PORT/",
    serverName: undefined,
    alpn: ["h2", "http/1.1"],
  },
  node: {
    command: `node -e 'require("tls").connect({ port: PORT, host: "127.0.0.1", servername: "a.example", ALPNProtocols: ["x"] })'`,
    serverName: "a.example",
    alpn: ["x"],
  },
  bun: {
    command: `${process.execPath} -e 'await fetch("https://localhost:PORT/")'`,
    serverName: "localhost",
    alpn: ["http/1.1"],
  },
  git: {
    command: "git ls-remote https://localhost:PORT/x",
    serverName: "localhost",
    alpn: ["h2", "http/1.1"],
  },
  python3: {
    command: `python3 -c '
import socket, ssl
plain = socket.create_connection(("127.0.0.1", PORT))
ssl.create_default_context().wrap_socket(plain, server_hostname="a.example")'`,
    serverName: "a.example",
    alpn: [],
  },
  java: {
    command: `cat > Dial.java <<'END'
public class Dial {
  public static void main(String[] words) throws Exception {
    java.net.http.HttpClient.newHttpClient().send(
      java.net.http.HttpRequest.newBuilder(java.net.URI.create("https://localhost:PORT/")).build(),
      java.net.http.HttpResponse.BodyHandlers.ofString());
  }
}
END
java Dial.java`,
    serverName: "localhost",
    alpn: ["h2", "http/1.1"],
  },
  wget: { command: "wget -q --tries=1 -O- https://localhost:PORT/", serverName: "localhost", alpn: [] },
}
