/**
 * The resolvers that programs come with, as they are: in a network of its own, on a machine whose host name has dots,
 * with the resolv.conf of a sandbox. Each must find names, take `no such name` and `no such record` for what they are, and
 * not wait for anything.
 */
import { afterAll, describe, expect, test } from "bun:test"
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { run } from "../../support/process.ts"

const place = mkdtempSync(join(tmpdir(), "cordon-names-"))
afterAll(() => rmSync(place, { recursive: true, force: true }))
const put = (name: string, text: string): string => {
  const path = join(place, name)
  writeFileSync(path, text)
  return path
}

const resolv = put("resolv.conf", "nameserver 198.18.0.1\nsearch invalid\noptions ndots:0 timeout:2\n")
const hosts = put("hosts", "127.0.0.1 localhost\n")
const stage = join(import.meta.dir, "../../support/name-stage.ts")
const unshared = [
  "unshare",
  "--user",
  "--map-root-user",
  "--net",
  "--mount",
  "--uts",
  "--kill-child",
  "sh",
  "-ec",
]
const enter = `
ip link set lo up
hostname machine.corp.example
mount --bind "$1" /etc/resolv.conf
mount --bind "$2" /etc/hosts
shift 2
exec "$@"
`

/** Runs a shell script where our names are served. @returns the lines that it prints */
async function inside(script: string): Promise<string[]> {
  const words = [...unshared, enter, "sh", resolv, hosts, process.execPath, stage, "sh", "-c", script]
  const env = { PATH: process.env.PATH ?? "", HOME: place }
  const { stdout, stderr } = await run(words, { cwd: place, env })
  return `${stdout}${stderr}`.trim().split("\n")
}

/** Prints each name with what getaddrinfo(3) makes of it. */
const getaddrinfo = put(
  "look.c",
  `
#include <arpa/inet.h>
#include <netdb.h>
#include <stdio.h>
int main(int count, char **names) {
  for (int index = 1; index < count; index++) {
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM}, *found;
    int error = getaddrinfo(names[index], "443", &hints, &found);
    printf("%s", names[index]);
    if (error) printf(error == EAI_NONAME ? " none" : " error %d", error);
    else for (; found; found = found->ai_next) {
      char text[64];
      getnameinfo(found->ai_addr, found->ai_addrlen, text, sizeof text, 0, 0, NI_NUMERICHOST);
      printf(" %s", text);
    }
    puts("");
  }
}
`,
)

const go = put(
  "look.go",
  `package main
import ("context"; "fmt"; "net"; "os"; "strings")
func main() {
  resolver := &net.Resolver{PreferGo: true}
  for _, name := range os.Args[1:] {
    found, err := resolver.LookupHost(context.Background(), name)
    fmt.Print(name)
    if missing, ok := err.(*net.DNSError); ok && missing.IsNotFound { fmt.Print(" none") } else if err != nil { fmt.Print(" error ", err) }
    for _, address := range found { fmt.Print(" ", address) }
    fmt.Println()
  }
  mail, err := resolver.LookupMX(context.Background(), "a.example")
  fmt.Println("mail", len(mail), strings.HasSuffix(err.Error(), "no such host"))
}
`,
)

const java = put(
  "Look.java",
  `
import java.net.*;
public class Look {
  public static void main(String[] names) {
    for (String name : names) {
      StringBuilder line = new StringBuilder(name);
      try {
        for (InetAddress found : InetAddress.getAllByName(name)) line.append(" ").append(found.getHostAddress());
      } catch (UnknownHostException unknown) { line.append(" none"); }
      System.out.println(line);
    }
  }
}
`,
)

const python = put(
  "look.py",
  `
import socket, sys
for name in sys.argv[1:]:
    try:
        found = [address[0] for *_, address in socket.getaddrinfo(name, 443, type=socket.SOCK_STREAM)]
    except socket.gaierror as error:
        found = ["none" if error.errno == socket.EAI_NONAME else f"error {error.errno}"]
    print(name, *found)
`,
)

/** By getaddrinfo(3), and by c-ares, which asks by itself. */
const node = put(
  "look.cjs",
  `
const { lookup, resolve4 } = require("node:dns")
const look = name => new Promise(done =>
  lookup(name, { all: true }, (error, found) => done(error ? [error.code] : found.map(({ address }) => address))))
const resolve = name => new Promise(done => resolve4(name, (error, found) => done(error ? [error.code] : found)))
const shown = found => found.map(text => text === "ENOTFOUND" ? "none" : text).join(" ")
;(async () => {
  for (const name of process.argv.slice(2)) {
    const [byLibrary, byItself] = [shown(await look(name)), shown(await resolve(name))]
    console.log(name, byLibrary === byItself ? byLibrary : byLibrary + " and " + byItself)
  }
})()
`,
)

const names = "a.example B.Example.COM db db under_score.example use-application-dns.net x.localhost"
const found = [
  "a.example 198.18.1.1",
  "B.Example.COM 198.18.1.2",
  "db 198.18.1.3",
  "db 198.18.1.3",
  "under_score.example 198.18.1.4",
  "use-application-dns.net none",
  "x.localhost 127.0.0.1",
]

const missing = await inside("true").then(lines =>
  lines.join("") === "" ? undefined : `there is no namespace to serve names in: ${lines.join(" ")}`,
)
const without = (program: string) =>
  missing ?? (Bun.which(program) === null ? `there is no ${program}` : undefined)

const resolvers: { name: string; needs: string; script: string; also?: string[] }[] = [
  { name: "glibc", needs: "gcc", script: `gcc -o look ${getaddrinfo} && ./look ${names}` },
  {
    name: "musl",
    needs: "musl-gcc",
    script: `musl-gcc -static -o look-musl ${getaddrinfo} && ./look-musl ${names}`,
  },
  { name: "Python", needs: "python3", script: `python3 ${python} ${names}` },
  { name: "Node, and c-ares in it", needs: "node", script: `node ${node} ${names}` },
  { name: "Java", needs: "java", script: `java ${java} ${names}` },
  {
    name: "Go",
    needs: "go",
    script: `GOCACHE=$HOME/go GOFLAGS=-mod=mod CGO_ENABLED=0 go run ${go} ${names}`,
    also: ["mail 0 true"],
  },
]

describe("names are found by", () => {
  for (const { name, needs, script, also = [] } of resolvers) {
    const why = without(needs)
    const title = why === undefined ? name : `${name} [skipped when ${why}]`
    test.skipIf(why !== undefined)(title, async () => {
      expect(await inside(script)).toEqual([...found, ...also])
    })
  }
})

const noPython = without("python3")
const addressTitle =
  noPython === undefined ? "an address tells its name" : `an address [skipped when ${noPython}]`
test.skipIf(noPython !== undefined)(addressTitle, async () => {
  const script =
    'import socket; socket.getaddrinfo("a.example", 1); print(socket.gethostbyaddr("198.18.1.1")[0])'
  expect(await inside(`python3 -c '${script}'`)).toEqual(["a.example"])
})

const status = `grep -o "BADVERS\\|status: [A-Z]*"`
const odd = `grep -i "warning\\|unexpected\\|extra\\|malformed\\|mismatch"`

/** What is asked → the words of dig, and the lines that it prints. */
const questions: Record<string, readonly [string, ...string[]]> = {
  "an address": ["+short a.example", "198.18.1.1"],
  "an address, over a stream": ["+short +tcp a.example", "198.18.1.1"],
  "two on one stream": ["+short +tcp +keepopen a.example b.example", "198.18.1.1", "198.18.1.2"],
  "the case of its letters": ["+noall +answer A.eXample | cut -f1", "A.eXample."],
  "no address of version 6": [`a.example AAAA | ${status}`, "status: NOERROR"],
  "no mail server": ["+short a.example MX", ""],
  "a name that nobody has": [`a.invalid | ${status}`, "status: NXDOMAIN"],
  "another class": [`CH TXT version.bind | ${status}`, "status: REFUSED"],
  "a version to come, then this one": [`+edns=1 a.example | ${status}`, "BADVERS", "status: NOERROR"],
  "no extension": ["+noedns +short a.example", "198.18.1.1"],
  "an unknown option": ["+ednsopt=65001:cafe +short a.example", "198.18.1.1"],
  "padding and a cookie": ["+padding=468 +cookie=0011223344556677 +short a.example", "198.18.1.1"],
  "nothing that it finds odd": [`+tcp a.example | ${odd}`, ""],
}

const noDig = without("dig")
describe("dig is told", () => {
  for (const [name, [words, ...lines]] of Object.entries(questions)) {
    const title = noDig === undefined ? name : `${name} [skipped when ${noDig}]`
    test.skipIf(noDig !== undefined)(title, async () => {
      expect(await inside(`dig ${words}`)).toEqual(lines)
    })
  }
})
