/**
 * Runs tests under another kernel of Debian's, also of another processor, in a virtual machine without hardware support (a
 * tenth of the speed).
 *
 *     sudo npm run kernel -- 6.1 FILTER...             FILTER: a suite's name, or a part of a file's path
 *     sudo npm run kernel -- 6.12-arm64 FILTER...      on aarch64; 6.12-arm64-16k: with pages of 16 KiB
 *
 * Exit code 1 when a file fails. What a slow machine makes late, and what the older kernel refuses with a sentence, fails
 * too: the output has to be read. Everything lies in ~/.cache/cordon-kernel; the machine's disk is thrown away.
 */
import { spawn } from "node:child_process"
import { once } from "node:events"
import { existsSync, mkdirSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { createInterface } from "node:readline"
import {
  architectures,
  cache,
  installKernel,
  makeImage,
  makeSystem,
  wantedKernel,
} from "./kernel-machine.mjs"
import { Refusal, runMain, say } from "./say.mjs"
import { findSuites, selectSuites } from "./test-suites.mjs"

const job = join(cache, "job")

/** Program → Debian's package. */
const tools = {
  amd64: { "qemu-system-x86_64": "qemu-system-x86" },
  arm64: { "qemu-system-aarch64": "qemu-system-arm" },
  all: { debootstrap: "debootstrap", "mkfs.ext4": "e2fsprogs", cpio: "cpio" },
}

async function main() {
  const [text, ...filters] = process.argv.slice(2)
  const wanted = wantedKernel(text)
  if (wanted === undefined || filters.length === 0)
    throw new Refusal("say which kernel and which tests: npm run kernel -- 6.1 test/live/gate")
  const files = selectSuites(findSuites(), filters).flatMap(suite => suite.files)
  if (files.length === 0) throw new Refusal(`no test file matches ${filters.join(" ")}`)
  if (process.getuid() !== 0) throw new Refusal("the machine's disk is made by root: use sudo")
  requireTools(wanted)
  mkdirSync(wanted.directory, { recursive: true })
  makeSystem(wanted)
  const kernel = installKernel(wanted)
  makeImage(wanted)
  process.exitCode = await boot({ ...wanted, kernel }, files)
}

/** @throws Refusal with the packages to install */
function requireTools({ architecture }) {
  const needed = { ...tools.all, ...tools[architecture] }
  const missing = Object.keys(needed).filter(tool => !isInstalled(tool))
  if (missing.length > 0)
    throw new Refusal(
      `${missing.join(", ")} missing: apt-get install ${missing.map(tool => needed[tool]).join(" ")}`,
    )
  // debootstrap runs the scripts of the packages that it installs.
  const isForeign = architectures[architecture].npm !== process.arch
  if (
    isForeign &&
    !existsSync(`/proc/sys/fs/binfmt_misc/qemu-${process.arch === "x64" ? "aarch64" : "x86_64"}`)
  )
    throw new Refusal(
      "programs of the other processor cannot run here: apt-get install qemu-user-static binfmt-support",
    )
}

function isInstalled(tool) {
  return process.env.PATH.split(":").some(directory => existsSync(join(directory, tool)))
}

/** @returns 1 when a file failed, or the machine ended before the last */
async function boot({ architecture, kernel, image }, files) {
  const script = `cd /work/cordon; mkdir -p /root/.local/state; node scripts/build.mjs --if-needed
echo "begin: $(uname -r)"
for file in ${files.join(" ")}; do
  NO_COLOR=1 CORDON_TEST_PATIENCE=10 ./node_modules/.bin/bun test --timeout 600000 ./$file 2>&1 && echo "passed: $file" || echo "failed: $file"
done
echo "end:"
`
  // A disk has whole sectors.
  writeFileSync(job, script.padEnd(Math.ceil(script.length / 512) * 512, "\0"))
  const { emulator, words, console } = architectures[architecture]
  const disk = (file, more = "") => ["-drive", `file=${file},format=raw,if=virtio${more}`]
  const options = `console=${console} quiet panic=-1 lsm=landlock,yama,apparmor`
  const machine = spawn(
    emulator,
    [
      ...["-accel", "tcg,thread=multi", ...words, "-m", "4G", "-smp", "2", "-nographic", "-no-reboot"],
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
