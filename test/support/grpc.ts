/** gRPC's own client and server for Node, from npm, in a cache outside the checkout; and a service without a schema. */
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from "node:fs"
import { homedir } from "node:os"
import { join } from "node:path"

const grpcPackage = "@grpc/grpc-js@1.14.7"
const installMs = 60_000

const cache = process.env.CORDON_TEST_CACHE ?? join(homedir(), ".cache/cordon-test")
/** Where its modules are found (NODE_PATH). */
export const grpcModules = join(cache, grpcPackage.replaceAll("/", "-"), "node_modules")

/** Why there is none here, or undefined. */
export const noGrpc = await obstacle()

async function obstacle(): Promise<string | undefined> {
  if (existsSync(join(grpcModules, "@grpc/grpc-js/package.json"))) return undefined
  const npm = Bun.which("npm")
  if (npm === null || Bun.which("node") === null) return "node and npm are not installed"
  mkdirSync(cache, { recursive: true })
  const fresh = mkdtempSync(join(cache, ".new-"))
  try {
    const words = [
      "install",
      "--prefix",
      fresh,
      "--no-save",
      "--ignore-scripts",
      "--no-audit",
      "--no-fund",
      "--fetch-retries=1",
      grpcPackage,
    ]
    const process = Bun.spawn([npm, ...words], { stdio: ["ignore", "ignore", "ignore"], timeout: installMs })
    if ((await process.exited) !== 0) return `the registry gives no ${grpcPackage}`
    // Another run may have been quicker: its directory is as good as ours.
    if (!existsSync(grpcModules)) renameSync(fresh, join(grpcModules, ".."))
    return undefined
  } finally {
    rmSync(fresh, { recursive: true, force: true })
  }
}

/** Both ends begin with this: methods whose messages are bytes. */
const service = `
const grpc = require("@grpc/grpc-js")
const { readFileSync } = require("node:fs")
const same = bytes => bytes
const method = (name, requestStream, responseStream) => ({
  path: "/test.Echo/" + name, requestStream, responseStream,
  requestSerialize: same, requestDeserialize: same, responseSerialize: same, responseDeserialize: same,
})
const service = {
  unary: method("Unary", false, false), fail: method("Fail", false, false), slow: method("Slow", false, false),
  up: method("Up", true, false), down: method("Down", false, true), both: method("Both", true, true),
}
`

/** `node -e … KEY CERTIFICATE`: says its port, then for each call the method and the authorization that it got. */
export const grpcServer = `${service}
const [key, cert] = process.argv.slice(1).map(file => readFileSync(file))
const say = call => {
  console.log(JSON.stringify({ path: call.getPath(), authorization: call.metadata.get("authorization")[0] }))
  const trailers = new grpc.Metadata()
  trailers.set("x-trailer", "last")
  trailers.set("x-echo", String(call.metadata.get("authorization")[0]))
  trailers.set("x-binary-bin", Buffer.from([0, 1, 254, 255]))
  return trailers
}
const server = new grpc.Server({ "grpc.max_receive_message_length": -1 })
server.addService(service, {
  unary: (call, done) => done(null, call.request, say(call)),
  fail: (call, done) => done({ code: grpc.status.PERMISSION_DENIED, details: "not for you: 100% \\u00fc", metadata: say(call) }),
  slow: (call, done) => { say(call); call.on("cancelled", () => console.log(JSON.stringify({ path: "cancelled" }))) },
  up: (call, done) => {
    let bytes = 0
    const trailers = say(call)
    call.on("data", data => (bytes += data.length))
    call.on("end", () => done(null, Buffer.from(String(bytes)), trailers))
  },
  down: call => {
    const trailers = say(call)
    for (let index = 0; index < 1000; index++) call.write(Buffer.from(String(index)))
    call.end(trailers)
  },
  both: call => {
    const trailers = say(call)
    call.on("data", data => call.write(data))
    call.on("end", () => call.end(trailers))
  },
})
const credentials = grpc.ServerCredentials.createSsl(null, [{ private_key: key, cert_chain: cert }])
server.bindAsync("127.0.0.1:0", credentials, (error, port) => console.log(JSON.stringify({ port })))
`

/** What a client does begins with this: `client`, and the authorization in `metadata`. */
export const grpcClient = `${service}
const secure = grpc.credentials.createSsl(readFileSync(process.env.CA))
const options = { "grpc.ssl_target_name_override": "api.test", "grpc.default_authority": "api.test", "grpc.max_receive_message_length": -1 }
const Client = grpc.makeGenericClientConstructor(service, "test.Echo")
const client = new Client("127.0.0.1:" + process.env.PORT, secure, options)
const metadata = new grpc.Metadata()
metadata.set("authorization", "Bearer " + process.env.TOKEN)
const print = (...values) => console.log(...values)
const trailersOf = ({ code, details, metadata }) => [code, details, metadata.get("x-trailer")[0], metadata.get("x-echo")[0], metadata.get("x-binary-bin")[0]?.toString("hex")].join(" | ")
`
