/** Scripts that connect and bind in every situation that changes what it comes to, and say the results. */

const prelude = `
const UNIX = 1, INET = 2, INET6 = 10, NETLINK = 16, STREAM = 1, DGRAM = 2, SEQPACKET = 5, NONBLOCK = 0o4000, PATH = 0o10000000
const bytesOf = text => Buffer.from(text, "latin1")
function unix(path, size) {
  const bytes = Buffer.alloc(130, 0x7a)
  bytes.writeUInt16LE(UNIX)
  const name = bytesOf(path)
  name.copy(bytes, 2, 0, 126)
  if (size === undefined) bytes[Math.min(2 + name.length, 129)] = 0
  return [bytes, size ?? Math.min(3 + name.length, 110)]
}
function inet(address, port, family = INET) {
  const bytes = Buffer.alloc(130)
  bytes.writeUInt16LE(family)
  bytes.writeUInt16BE(port, 2)
  if (!address.includes(":")) bytes.set(address.split(".").map(Number), 4)
  else {
    const groups = new URL("http://[" + address + "]").hostname.slice(1, -1).split("::").map(half => half ? half.split(":") : [])
    const all = groups.length === 1 ? groups[0] : [...groups[0], ...Array(8 - groups[0].length - groups[1].length).fill("0"), ...groups[1]]
    all.forEach((group, index) => bytes.writeUInt16BE(parseInt(group, 16), 8 + 2 * index))
  }
  return [bytes, address.includes(":") ? 28 : 16]
}
const socket = (family, type = STREAM, protocol = 0) => sys("socket", family, type, protocol)
const connect = (fd, [bytes, size]) => sys("connect", fd, bytes, size)
const bind = (fd, [bytes, size]) => sys("bind", fd, bytes, size)
const close = fd => { if (typeof fd === "number") sys("close", fd) }
const get = (fd, level, name) => { const value = Buffer.alloc(4), size = Buffer.from([4, 0, 0, 0]); return sys("getsockopt", fd, level, name, value, size) || value.readInt32LE() }
const set = (fd, level, name, value) => sys("setsockopt", fd, level, name, Buffer.from(new Int32Array([value]).buffer), 4)
function named(fd) {
  const bytes = Buffer.alloc(128), size = Buffer.from([128, 0, 0, 0])
  const result = sys("getsockname", fd, bytes, size)
  const text = bytes.toString("latin1", 2, size[0])
  return result || (text.includes(process.cwd()) ? "" : size[0]) + ":" + text.replace(process.cwd(), "HERE")
}
function portOf(fd) { const bytes = Buffer.alloc(128); sys("getsockname", fd, bytes, Buffer.from([128, 0, 0, 0])); return bytes.readUInt16BE(2) }
function server(address, type = STREAM, family = UNIX, backlog = 1000) {
  const fd = socket(family, type)
  const bound = bind(fd, address)
  if (bound !== 0) throw new Error("bind " + bound)
  sys("listen", fd, backlog)
  return fd
}
/** A fresh socket of each kind does it. */
function each(act) { return [[UNIX, STREAM], [UNIX, SEQPACKET]].map(([family, type]) => { const fd = socket(family, type), result = act(fd); close(fd); return result }) }
const errorOf = fd => get(fd, 1, 4)
const flagsOf = fd => sys("fcntl", fd, 3, 0).toString(8)
function writable(fd) { const polled = Buffer.alloc(8); polled.writeInt32LE(fd); polled[4] = 4; return sys("ppoll", polled, 1, Buffer.from(new BigInt64Array([5n, 0n]).buffer), 0, 8) }
function tree(directory = ".") {
  const names = fs.readdirSync(directory, "buffer").map(name => name.toString("latin1")).sort()
  return names.map(name => name.slice(0, 9) + name.length + ":" + fs.lstatSync(bytesOf(directory + "/" + name)).mode.toString(8)).join(" ")
}
`

const paths = `[
  "server", "packets", "stale", "file", "directory", "link", "dangling", "loop", "absent", "absent/x", "file/x", "closed", "shut/server",
  "server/", "link/", "directory/", "absent/", "", ".", "..", "./server", "directory/../server", "directory/inner", "dirlink/inner",
  process.cwd() + "/server", "/proc/self/cwd/server", "//" + process.cwd() + "//server", "n".repeat(107), "n".repeat(108),
  "new\\nline", "\\xc3\\xbc", "\\xff\\xfe", "../" + process.cwd().split("/").at(-1) + "/server", "/proc/self/fd/0", "/dev/null", "/proc/version", "/proc/1/root/x"
]`

const setUp = `
const servers = [server(unix("server")), server(unix("packets"), SEQPACKET)]
close(server(unix("stale")))
fs.mkdirSync("directory"); fs.mkdirSync("shut"); write("file"); write("closed"); fs.chmodSync("closed", 0)
servers.push(server(unix("directory/inner")), server(unix("shut/server"))); fs.chmodSync("shut", 0)
fs.symlinkSync("server", "link"); fs.symlinkSync("nowhere", "dangling"); fs.symlinkSync("loop", "loop"); fs.symlinkSync("directory", "dirlink")
servers.push(server(unix("n".repeat(107))), server(unix("\\xc3\\xbc")))
`

const tcp = (family: string, host: string) => `${prelude}
const at = port => inet("${host}", port, ${family})
const listening = server(at(0), STREAM, ${family}), port = portOf(listening)
const other = server(at(0), STREAM, ${family}), otherPort = portOf(other)
const gone = server(at(0), STREAM, ${family}), closed = portOf(gone); close(gone)
const blocking = socket(${family}), nonBlocking = socket(${family}, STREAM | NONBLOCK)
say(connect(blocking, at(port)), connect(blocking, at(port)), connect(blocking, at(otherPort)), flagsOf(blocking), errorOf(blocking))
say(connect(nonBlocking, at(port)), writable(nonBlocking), errorOf(nonBlocking), connect(nonBlocking, at(port)), connect(nonBlocking, at(port)), flagsOf(nonBlocking))
const refused = socket(${family})
say(connect(refused, at(closed)), connect(refused, at(closed)), connect(refused, at(port)), connect(refused, at(port)))
const later = socket(${family}, STREAM | NONBLOCK)
say(connect(later, at(closed)), writable(later), connect(later, at(port)), writable(later), errorOf(later), connect(later, at(port)), connect(later, at(port)), connect(later, at(port)))
say(connect(blocking, inet("0.0.0.0", 0, 0)), connect(blocking, at(otherPort)), connect(listening, at(port)), connect(socket(${family}), at(0)))
const bound = socket(${family})
say(set(bound, 1, 2, 1), bind(bound, at(0)), bind(bound, at(0)), portOf(bound) > 0, connect(bound, at(port)))
const twice = socket(${family})
say(bind(twice, at(port)), bind(twice, at(80)), bind(twice, at(1023)), bind(twice, at(0)), bind(twice, at(80)))
for (const size of [-1, 0, 1, 2, 4, 7, 8, 15, 16, 23, 24, 27, 28, 128, 129, 2 ** 30])
  say(size, connect(socket(${family}), [at(port)[0], size]), bind(socket(${family}), [at(0)[0], size]))
for (const kind of [0, 1, 2, 10, 16, 99]) {
  const bytes = at(port)[0]; bytes.writeUInt16LE(kind)
  const zero = at(0)[0]; zero.writeUInt16LE(kind)
  say(kind, connect(socket(${family}), [bytes, 28]), bind(socket(${family}), [zero, 28]))
}
for (const type of [DGRAM, DGRAM | NONBLOCK]) {
  const datagrams = socket(${family}, type)
  say(connect(datagrams, at(port)), connect(datagrams, at(otherPort)), connect(datagrams, inet("0.0.0.0", 0, 0)), connect(datagrams, at(0)), bind(socket(${family}, type), at(53)), bind(socket(${family}, type), at(0)))
}
const deferred = socket(${family}); say(set(deferred, 6, 30, 1), connect(deferred, at(port)), sys("write", deferred, bytesOf("x"), 1))
const timed = socket(${family}); sys("setsockopt", timed, 1, 21, Buffer.from(new BigInt64Array([1n, 0n]).buffer), 16); say(connect(timed, at(port)), flagsOf(timed))
`

export const socketSituations: Readonly<Record<string, string>> = {
  "connect to what stands at a path": `${prelude}${setUp}
for (const path of ${paths}) say(JSON.stringify(path.replace(process.cwd(), "")), ...each(fd => connect(fd, unix(path))), ...each(fd => connect(fd, unix(path, 2 + path.length))))
fs.chmodSync("shut", 0o700)`,

  "bind to a path": `${prelude}${setUp}
for (const path of ${paths}.filter(path => !path.startsWith("/proc") && path !== "")) {
  const fd = socket(UNIX)
  say(JSON.stringify(path.replace(process.cwd(), "")), bind(fd, unix(path)), named(fd), bind(fd, unix(path)), bind(fd, unix("second")), named(fd))
  say(tree())
  if (fs.existsSync("second")) fs.unlinkSync("second")
}
fs.chmodSync("shut", 0o700)`,

  "bind anew and connect": `${prelude}
fs.mkdirSync("d"); fs.mkdirSync("d/e"); fs.symlinkSync("d/e", "l"); process.chdir("d")
for (const path of ["x", "./y", "e/z", "../l/a", process.cwd() + "/b", "e/../c", "e//f", "//" + process.cwd() + "/../l//g", "é", "\\xff", "e/" + "n".repeat(100), process.cwd() + "/e/" + "q".repeat(20)]) {
  const fd = socket(UNIX), size = 2 + bytesOf(path).length
  say(JSON.stringify(path.replace(process.cwd(), "")), size > 108 ? "long" : bind(fd, unix(path)), path.startsWith("..") ? "" : named(fd))
  sys("listen", fd, 1)
  const [a, b] = [socket(UNIX), socket(UNIX, SEQPACKET)]
  say(connect(a, unix(path)), connect(b, unix(path)), connect(a, unix(path)), sys("accept4", fd, 0, 0, 0) > 0)
  if (size <= 108) { fs.renameSync(bytesOf(path), "moved"); say(connect(socket(UNIX), unix("moved")), connect(socket(UNIX), unix(path))) }
  close(fd); say(connect(socket(UNIX), unix("moved"))); fs.rmSync("moved", { force: true })
}`,

  "modes of sockets": `${prelude}
for (const mask of [0o022, 0, 0o077, 0o777]) {
  process.umask(mask)
  const fd = socket(UNIX), own = socket(UNIX)
  say(sys("fchmod", own, 0o640), bind(fd, unix("m" + mask)), bind(own, unix("./o" + mask)), connect(socket(UNIX), unix("m" + mask)))
}
process.umask(0o022); fs.mkdirSync("set"); fs.chmodSync("set", 0o2775)
say(bind(socket(UNIX), unix("set/x")), tree(), tree("set"))`,

  "sizes and families of unix addresses": `${prelude}
const listening = server(unix("server"))
for (const size of [-1, 0, 1, 2, 3, 4, 8, 9, 109, 110, 111, 128, 129, 2 ** 30])
  say(size, ...each(fd => connect(fd, [unix("server")[0], size])), ...each(fd => bind(fd, [unix("b" + size)[0], size])))
for (const family of [0, 2, 10, 16, 99]) {
  const [bytes, size] = unix("server"); bytes.writeUInt16LE(family)
  say(family, ...each(fd => connect(fd, [bytes, size])), ...each(fd => bind(fd, [bytes, size])))
}
for (const at of [0n, 8n, -1n, -4096n, 1n << 62n])
  say(...each(fd => sys("connect", fd, at, 20)), ...each(fd => sys("bind", fd, at, 20)), ...each(fd => sys("connect", fd, at, 0)), ...each(fd => sys("bind", fd, at, 0)))
say(tree())`,

  "what is no socket": `${prelude}
write("file")
const fds = [fs.openSync("file"), fs.openSync("."), sys("openat", AT_FDCWD, "file", PATH, 0), sys("memfd_create", "x", 0), sys("eventfd2", 0, 0), 999, -1, 1 << 20]
const listening = server(unix("server"))
fds.push(sys("openat", AT_FDCWD, "server", PATH, 0), sys("openat", AT_FDCWD, "/proc/self/fd/" + listening, PATH, 0))
for (const fd of fds)
  say(connect(fd, unix("server")), bind(fd, unix("x")), sys("connect", fd, 8n, 20), sys("bind", fd, 8n, 20), connect(fd, [unix("server")[0], 129]), bind(fd, [unix("server")[0], 129]), connect(fd, inet("127.0.0.1", 1)))
say(tree())`,

  "states of unix sockets": `${prelude}
const one = server(unix("one")), two = server(unix("two"), STREAM, UNIX, 0)
const a = socket(UNIX)
say(connect(a, unix("one")), connect(a, unix("one")), connect(a, unix("absent")), bind(a, unix("a")), named(a), bind(a, unix("aa")))
say(connect(one, unix("two")), connect(one, unix("one")), bind(one, unix("three")), flagsOf(a))
const self = socket(UNIX); say(bind(self, unix("self")), connect(self, unix("self")), sys("listen", self, 1), connect(self, unix("self")))
const full = [0, 1, 2, 3].map(() => socket(UNIX, STREAM | NONBLOCK))
say(...full.map(fd => connect(fd, unix("two"))), flagsOf(full[3]))
const waits = socket(UNIX); sys("setsockopt", waits, 1, 21, Buffer.from(new BigInt64Array([0n, 50000n]).buffer), 16)
say(connect(waits, unix("two")), flagsOf(waits))
const [left, right] = [Buffer.alloc(8), Buffer.alloc(8)]
sys("socketpair", UNIX, STREAM, 0, left); say(connect(left.readInt32LE(), unix("one")), bind(left.readInt32LE(), unix("pair")), named(left.readInt32LE()))
say(sys("sendto", a, bytesOf("x"), 1, 0, ...unix("one")), sys("sendto", socket(UNIX), bytesOf("x"), 1, 0, ...unix("one")))
const sequenced = server(unix("sequenced"), SEQPACKET), b = socket(UNIX, SEQPACKET)
say(connect(b, unix("sequenced")), sys("sendto", b, bytesOf("x"), 1, 0, ...unix("absent")), sys("sendto", socket(UNIX, SEQPACKET), bytesOf("x"), 1, 0x4000, ...unix("sequenced")))
say(tree())`,

  "abstract names": `${prelude}
const name = "\\0here" + process.pid, listening = server(unix(name, 20)), other = server(unix(name + "x", 21), SEQPACKET)
say(...each(fd => connect(fd, unix(name, 20))), ...each(fd => connect(fd, unix(name, 19))), ...each(fd => connect(fd, unix(name + "x", 21))))
say(...each(fd => bind(fd, unix(name, 20))), ...each(fd => bind(fd, unix(name, 110))), named(listening).length)
const own = socket(UNIX); say(bind(own, [unix("")[0], 2]), named(own).length, bind(own, [unix("")[0], 2]), bind(own, unix(name + "y", 30)))
close(listening); say(...each(fd => connect(fd, unix(name, 20))), ...each(fd => bind(fd, unix(name, 20))))
const credentials = socket(UNIX); set(credentials, 1, 16, 1); say(connect(credentials, unix(name + "x", 21)), connect(credentials, unix("\\0none", 7)), named(credentials).length)
say(tree())`,

  "TCP and UDP of IPv4": tcp("INET", "127.0.0.1"),

  "TCP and UDP of IPv6": `${tcp("INET6", "::1")}
const old = server(inet("127.0.0.1", 0), STREAM, INET), oldPort = portOf(old), mapped = inet("::ffff:127.0.0.1", oldPort, INET6)
const only = socket(INET6); say(set(only, 41, 26, 1), connect(only, mapped), get(only, 41, 26), connect(only, at(port)))
const either = socket(INET6); say(connect(either, mapped), connect(either, at(port)), get(either, 41, 26))
const specific = socket(INET6); say(bind(specific, at(0)), connect(specific, at(port)))
say(connect(socket(INET6), inet("::", port, INET6)), connect(socket(INET6), inet("ff02::1", port, INET6)), connect(socket(INET), inet("0.0.0.0", oldPort)))`,

  "a full queue of a listener": `${prelude}
const listening = server(inet("127.0.0.1", 0), STREAM, INET, 0), port = portOf(listening)
const first = [0, 1, 2].map(() => socket(INET, STREAM | NONBLOCK))
say(...first.map(fd => connect(fd, inet("127.0.0.1", port))), writable(first[0]))
const timed = socket(INET); sys("setsockopt", timed, 1, 21, Buffer.from(new BigInt64Array([0n, 100000n]).buffer), 16)
say(connect(timed, inet("127.0.0.1", port)), connect(timed, inet("127.0.0.1", port)), flagsOf(timed))`,

  "the kernel's own sockets": `${prelude}
const address = (pid, groups) => { const bytes = Buffer.alloc(128); bytes.writeUInt16LE(NETLINK); bytes.writeUInt32LE(pid, 4); bytes.writeUInt32LE(groups, 8); return [bytes, 12] }
const netlink = socket(NETLINK, 3)
say(bind(netlink, address(0, 0)), named(netlink).length, bind(netlink, address(0, 0)), bind(netlink, address(77, 0)), connect(netlink, address(0, 0)), connect(netlink, address(77, 0)), connect(netlink, address(0, 1)))
const own = socket(NETLINK, 3); say(bind(own, address(0x7ffffff0, 1)), bind(socket(NETLINK, 3), address(0x7ffffff0, 0)))
for (const size of [0, 2, 8, 11, 12, 128]) say(size, bind(socket(NETLINK, 3), [address(0, 0)[0], size]), connect(socket(NETLINK, 3), [address(0, 0)[0], size]))`,

  "too many descriptors": `${prelude}
const listening = server(unix("server")), fd = socket(UNIX), other = socket(UNIX)
const limit = Buffer.from(new BigUint64Array([64n, 64n]).buffer); sys("prlimit64", 0, 7, limit, 0)
let last; while (typeof (last = sys("dup", 0)) === "number") {}
say(last, connect(fd, unix("server")), bind(other, unix("other")))`,
}
