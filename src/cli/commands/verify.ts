/** `cordon verify`: starts a sandbox under the present policy and proves from inside what holds. */
import { randomBytes } from "node:crypto"
import { existsSync, rmSync, writeFileSync } from "node:fs"
import { createServer, type Server } from "node:net"
import { HostError, UserError } from "../../base/error.ts"
import { exitCode } from "../../base/exit-code.ts"
import { systemPath } from "../../base/path-bytes.ts"
import { printable } from "../../base/printable.ts"
import { searchBubblewrap } from "../../host/bubblewrap.ts"
import type { Attempt, Outcome } from "../../inside/probe.ts"
import { probeWord } from "../../inside/probe-command.ts"
import { prepare } from "../../run.ts"
import type { GivenOption, ParsedArguments } from "../arguments.ts"
import { Interruption } from "../interruption.ts"
import { coloured, print, printJson, say } from "../output.ts"
import { isGiven, runRequest } from "../request.ts"
import { checksOf, type Surroundings } from "../verify-checks.ts"
import { type Proof, proofOf } from "../verify-proof.ts"

export async function verifyCommand({ given }: ParsedArguments): Promise<number> {
  // The probe is this program itself: it has to be readable inside, wherever it lies.
  const options: GivenOption[] = [...given, { name: "read", value: process.execPath, words: "cordon verify" }]
  const prepared = await prepare(runRequest(options, [process.execPath, probeWord], process.env))
  const name = `cordon-verify-${randomBytes(8).toString("hex")}`
  const outside = `/tmp/${name}`
  const servers = [
    await listening(createServer(), { host: "127.0.0.1", port: 0 }),
    await listening(createServer(), { path: `\0${name}` }),
  ]
  using interruption = new Interruption()
  const attempts: Attempt[] = []
  writeFileSync(outside, "")
  try {
    const address = servers[0]?.address()
    const port = typeof address === "object" && address !== null ? address.port : 0
    const surroundings: Surroundings = {
      port,
      abstractName: name,
      outsideFile: outside,
      environment: process.env,
      bubblewrap: bubblewrapPath(),
      newName: `.${name}`,
    }
    const checks = checksOf(prepared, surroundings)
    attempts.push(...checks.map(({ attempt }) => attempt))
    if (!isGiven(given, "quiet")) say(`trying ${checks.length} things inside a sandbox`)
    const outcomes = await tryInside(options, attempts, interruption.signal)
    return report(
      checks.map((check, index) => proofOf(check, outcomes[index])),
      given,
    )
  } catch (cause) {
    removeMade(attempts, `.${name}`)
    // Ctrl-C comes to both, and the end of the sandbox can be seen first.
    await Bun.sleep(10)
    if (interruption.exitCode === undefined) throw cause
    return interruption.exitCode
  } finally {
    rmSync(outside)
    for (const server of servers) server.close()
  }
}

/** What was tried a moment ago may be there still. */
function removeMade(attempts: readonly Attempt[], name: string): void {
  const paths = attempts.flatMap(attempt => ("path" in attempt ? attempt.path : []))
  const made = paths.filter(path => path.includes(`/${name}`)).map(path => path.split(`/${name}`)[0])
  for (const directory of new Set(made)) {
    const place = systemPath(`${directory}/${name}`)
    if (existsSync(place)) rmSync(place, { recursive: true })
  }
}

/** Where there is none, nothing is there to make a sandbox in the sandbox with. */
function bubblewrapPath(): string | undefined {
  const found = searchBubblewrap()
  return "why" in found ? undefined : found.path
}

function report(proofs: readonly Proof[], given: readonly GivenOption[]): number {
  const lies = proofs.filter(({ holds }) => !holds)
  if (isGiven(given, "json")) printJson("Verification", proofs)
  else {
    for (const { guarantee, holds, detail } of proofs)
      print(
        `${holds ? coloured("holds", "green") : coloured("FAILS", "red")}  ${printable(guarantee)}  ${coloured(printable(detail), "dim")}`,
      )
    print(lies.length === 0 ? `all ${proofs.length} hold` : `${lies.length} of ${proofs.length} do not hold`)
  }
  return lies.length === 0 ? exitCode.ok : exitCode.wrong
}

/** The launch that a person would make, with a probe of ours in the place of the command. */
async function tryInside(
  given: readonly GivenOption[],
  attempts: readonly Attempt[],
  signal: AbortSignal,
): Promise<Outcome[]> {
  const skipped = ["json", "quiet", "verbose"]
  const words = given
    .filter(({ name }) => !skipped.includes(name))
    .map(({ name, value }) => (value === "" ? `--${name}` : `--${name}=${value}`))
  const foreign = words.find(word => !word.isWellFormed())
  // The runtime would hand on other bytes.
  if (foreign !== undefined)
    throw new UserError(
      `${printable(foreign)} is not UTF-8, and cordon verify cannot hand it on`,
      "change to that directory, and leave the option out",
    )
  const child = Bun.spawn([process.execPath, ...words, "--quiet", "--", process.execPath, probeWord], {
    stdin: new Blob([JSON.stringify(attempts)]),
    stdout: "pipe",
    stderr: "inherit",
  })
  // Not by the option of that name: what the sandbox makes can be taken back once it has ended.
  signal.addEventListener("abort", () => child.kill())
  if (signal.aborted) child.kill()
  const [answer, code] = await Promise.all([new Response(child.stdout).text(), child.exited])
  signal.throwIfAborted()
  if (code !== 0)
    throw new HostError(`the sandbox ended with ${code} before it could be tried`, "see cordon doctor")
  return JSON.parse(answer) as Outcome[]
}

function listening(
  server: Server,
  where: { host: string; port: number } | { path: string },
): Promise<Server> {
  return new Promise((resolve, reject) => {
    server.once("error", reject)
    server.listen(where, () => resolve(server))
  })
}
