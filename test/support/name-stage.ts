/**
 * `bun name-stage.ts WORDS…`, started in a network namespace of its own: serves names in it as a sandbox has them served,
 * runs the words there, and ends as they do.
 */
import { openBorderSockets } from "../../src/kernel/border-sockets.ts"
import { serveNames } from "../../src/network/names/name-server.ts"
import { SyntheticNames } from "../../src/network/names/synthetic-names.ts"
import { inetSocket } from "./bound-sockets.ts"

const sockets = openBorderSockets([inetSocket("stream"), inetSocket("datagram"), inetSocket("stream")])
const { datagramNames: datagrams, streamNames: streams } = sockets
await serveNames({ datagrams, streams, names: new SyntheticNames() })
const { exitCode, signalCode } = await (async () => {
  const child = Bun.spawn(process.argv.slice(2), { stdio: ["inherit", "inherit", "inherit"] })
  await child.exited
  return child
})()
process.exit(exitCode ?? (signalCode === null ? 0 : 1))
