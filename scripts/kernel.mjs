/**
 * Runs tests under another kernel of Debian's, in a virtual machine without hardware support (a tenth of the speed).
 *
 *     sudo npm run kernel -- 6.1 FILTER...      FILTER: a suite's name, or a part of a file's path
 *
 * Exit code 1 when a file fails. What a slow machine makes late, and what the older kernel refuses with a sentence, fails
 * too: the output has to be read. Everything lies in ~/.cache/cordon-kernel; the machine's disk is thrown away.
 */
import { spawn } from "node:child_process"
import { once } from "node:events"
import { existsSync, mkdirSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { createInterface } from "node:readline"
import { cache, image, installKernel, makeImage, makeSystem } from "./kernel-machine.mjs"
import { Refusal, runMain, say } from "./say.mjs"
import { findSuites, selectSuites } from "./test-suites.mjs"

const job = join(cache, "job")

/** Program → Debian's package. */
const tools = {
  "qemu-system-x86_64": "qemu-system-x86",
  debootstrap: "debootstrap",
  busybox: "busybox-static",
  "mkfs.ext4": "e2fsprogs",
  cpio: "cpio",
}

async function main() {
  const [series, ...filters] = process.argv.slice(2)
  if (!/^\d+\.\d+$/.test(series ?? "") || filters.length === 0)
    throw new Refusal("say which kernel and which tests: npm run kernel -- 6.1 test/live/gate")
  const files = selectSuites(findSuites(), filters).flatMap(suite => suite.files)
  if (files.length === 0) throw new Refusal(`no test file matches ${filters.join(" ")}`)
  if (process.getuid() !== 0) throw new Refusal("the machine's disk is made by root: use sudo")
  const missing = Object.keys(tools).filter(tool => !isInstalled(tool))
  if (missing.length > 0)
    throw new Refusal(
      `${missing.join(", ")} missing: apt-get install ${missing.map(tool => tools[tool]).join(" ")}`,
    )
  mkdirSync(cache, { recursive: true })
  const kernel = installKernel(series)
  makeSystem()
  makeImage()
  process.exitCode = await boot(kernel, files)
}

function isInstalled(tool) {
  return process.env.PATH.split(":").some(directory => existsSync(join(directory, tool)))
}

/** @returns 1 when a file failed, or the machine ended before the last */
async function boot(kernel, files) {
  const script = `cd /work/cordon; mkdir -p /root/.local/state
echo "begin: $(uname -r)"
for file in ${files.join(" ")}; do
  NO_COLOR=1 CORDON_TEST_PATIENCE=10 ./node_modules/.bin/bun test --timeout 600000 ./$file 2>&1 && echo "passed: $file" || echo "failed: $file"
done
echo "end:"
`
  // A disk has whole sectors.
  writeFileSync(job, script.padEnd(Math.ceil(script.length / 512) * 512, "\0"))
  const disk = (file, more = "") => ["-drive", `file=${file},format=raw,if=virtio${more}`]
  const words = [
    "-accel",
    "tcg,thread=multi",
    "-cpu",
    "max",
    "-m",
    "4G",
    "-smp",
    "2",
    "-nographic",
    "-no-reboot",
  ]
  const options = "console=ttyS0 quiet panic=-1 lsm=landlock,yama,apparmor"
  const machine = spawn(
    "qemu-system-x86_64",
    [
      ...words,
      ...["-kernel", kernel.image, "-initrd", kernel.initramfs, "-append", options, "-net", "none"],
      ...disk(image, ",snapshot=on"),
      ...disk(job),
    ],
    { stdio: ["ignore", "pipe", "inherit"] },
  )
  let [hasBegun, hasEnded, failures] = [false, false, 0]
  for await (const line of createInterface({ input: machine.stdout })) {
    // The console has its own words, sometimes on the same line.
    hasBegun ||= line.includes("begin: ")
    hasEnded ||= line.startsWith("end:")
    if (line.startsWith("failed:")) failures++
    if (hasBegun && !hasEnded) process.stdout.write(`${line}\n`)
  }
  if (machine.exitCode === null) await once(machine, "close")
  say(
    "kernel",
    hasEnded ? `${files.length} files, ${failures} of them failed` : "the machine ended before the tests did",
  )
  return hasEnded && failures === 0 ? 0 : 1
}

runMain("kernel", main)
