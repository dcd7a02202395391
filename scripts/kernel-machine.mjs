/** What the virtual machine of `npm run kernel` starts: a kernel of Debian's, an initramfs, and a disk with a small Debian on it. */
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { homedir } from "node:os"
import { join } from "node:path"
import { root as checkout } from "./packages.mjs"
import { Refusal, runQuietly, say } from "./say.mjs"

/** Where it is kept. */
export const cache = join(homedir(), ".cache/cordon-kernel")

/** By Debian's name of the architecture: the emulator, what it is told, the machine's console, and npm's words for packages. */
export const architectures = {
  amd64: { emulator: "qemu-system-x86_64", words: ["-cpu", "max"], console: "ttyS0", npm: "x64" },
  arm64: {
    emulator: "qemu-system-aarch64",
    // With what QEMU's "max" has besides, Bun crashes in one start of ten.
    words: ["-machine", "virt", "-cpu", "neoverse-n1"],
    console: "ttyAMA0",
    npm: "arm64",
  },
}

const packages =
  "bubblewrap,busybox-static,git,python3,procps,iproute2,ca-certificates,nodejs,libcap2-bin,util-linux,gcc,libc6-dev,curl,openssl"
const drivers = [
  "virtio",
  "virtio_ring",
  "virtio_pci_modern_dev",
  "virtio_pci_legacy_dev",
  "virtio_pci",
  "virtio_blk",
  ...["crc16", "crc32c_generic", "libcrc32c", "mbcache", "jbd2", "ext4"],
]

/** A kernel as `npm run kernel` is asked for it: `6.1`, `6.12-arm64`, `6.12-arm64-16k` (pages of 16 KiB). */
export function wantedKernel(text) {
  const [, series, architecture = "amd64", pages] =
    /^(\d+\.\d+)(?:-(amd64|arm64)(-16k)?)?$/.exec(text ?? "") ?? []
  if (series === undefined) return undefined
  const flavour = pages === undefined ? `cloud-${architecture}` : `${architecture}${pages}`
  const directory = join(cache, architecture)
  return {
    series,
    architecture,
    flavour,
    system: join(directory, "system"),
    image: join(directory, "system.img"),
    directory,
  }
}

/** Debian's newest of the series, unpacked and not installed. @returns paths of the kernel and its initramfs */
export function installKernel({ series, architecture, flavour, system, directory }) {
  const apt = aptOf(architecture, directory)
  const pattern = `^linux-image-${series}[.].*[0-9]-${flavour}(-unsigned)?$`
  const names = runQuietly(["apt-cache", ...apt, "search", "--names-only", pattern])
    .trim()
    .split("\n")
    .map(line => line.split(" ")[0])
  const name = names.sort((one, other) => one.localeCompare(other, "en", { numeric: true })).at(-1)
  if (!name)
    throw new Refusal(
      `Debian's packages here have no kernel ${series} ${flavour}: see apt-cache search linux-image`,
    )
  const unpacked = join(directory, name)
  if (!existsSync(unpacked)) {
    say("kernel", `fetching ${name}`)
    const archives = join(directory, "archives")
    mkdirSync(archives, { recursive: true })
    runQuietly(["apt-get", ...apt, "download", name], { cwd: archives })
    const archive = readdirSync(archives).find(file => file.startsWith(`${name}_`))
    runQuietly(["dpkg-deb", "-x", join(archives, archive), unpacked])
  }
  const [version] = readdirSync(join(unpacked, "lib/modules"))
  const busybox = join(system, "bin/busybox")
  return { image: join(unpacked, `boot/vmlinuz-${version}`), initramfs: makeInitramfs(unpacked, busybox) }
}

/** Options with which apt knows the packages of the architecture, whatever this machine's is. */
function aptOf(architecture, directory) {
  const state = join(directory, "apt")
  const isNew = !existsSync(state)
  for (const name of ["lists/partial", "cache/archives/partial"])
    mkdirSync(join(state, name), { recursive: true })
  writeFileSync(join(state, "status"), "")
  const options = {
    "APT::Architecture": architecture,
    "APT::Architectures": architecture,
    "APT::Sandbox::User": "root",
    "Dir::State::Lists": join(state, "lists"),
    "Dir::State::status": join(state, "status"),
    "Dir::Cache": join(state, "cache"),
  }
  const words = Object.entries(options).flatMap(([name, value]) => ["-o", `${name}=${value}`])
  if (isNew) runQuietly(["apt-get", ...words, "update", "-qq"])
  return words
}

/** Loads what the disk needs and hands over to the system on it. */
function makeInitramfs(kernel, busybox) {
  const tree = join(kernel, "initramfs")
  for (const name of ["bin", "dev", "proc", "mnt", "drivers"])
    mkdirSync(join(tree, name), { recursive: true })
  cpSync(busybox, join(tree, "bin/busybox"))
  for (const driver of drivers) {
    const [found] = runQuietly(["find", join(kernel, "lib/modules"), "-name", `${driver}.ko*`]).split("\n")
    const unpacked = join(tree, "drivers", `${driver}.ko`)
    if (found?.endsWith(".xz"))
      writeFileSync(unpacked, runQuietly(["xz", "-dc", found], { encoding: "buffer" }))
    else if (found) cpSync(found, unpacked)
  }
  const init = `#!/bin/busybox sh
/bin/busybox mount -t devtmpfs dev /dev
# Which of them needs which is another matter in each version.
for turn in 1 2 3; do
  for name in ${drivers.join(" ")}; do [ -f /drivers/$name.ko ] && /bin/busybox insmod /drivers/$name.ko 2> /dev/null; done
done
/bin/busybox sleep 1
/bin/busybox mount -t ext4 /dev/vda /mnt
/bin/busybox umount /dev
exec /bin/busybox switch_root /mnt /usr/sbin/run-job
`
  writeFileSync(join(tree, "init"), init, { mode: 0o755 })
  const packed = join(kernel, "initramfs.gz")
  runQuietly(["sh", "-c", 'cd "$0" && find . | cpio -o -H newc --quiet | gzip > "$1"', tree, packed])
  return packed
}

/** A small Debian of this machine's release, whose first process runs the script on the second disk. */
export function makeSystem({ architecture, system, directory }) {
  const release = /^VERSION_CODENAME=(.*)$/m.exec(readFileSync("/etc/os-release", "utf8"))?.[1]
  if (release === undefined) throw new Refusal("/etc/os-release names no release: this needs Debian")
  const done = join(directory, "system-is-made")
  if (!existsSync(done)) {
    say("kernel", `installing a Debian ${release} of its own, which takes some minutes`)
    rmSync(system, { recursive: true, force: true })
    const words = [`--arch=${architecture}`, "--variant=minbase", `--include=${packages}`]
    runQuietly(["debootstrap", ...words, release, system])
    writeFileSync(done, "")
  }
  writeFileSync(join(system, "etc/hosts"), "127.0.0.1 localhost\n::1 localhost\n")
  const terminal = `/dev/${architectures[architecture].console}`
  const first = `#!/bin/sh
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LANG=C.UTF-8
mount -t proc proc /proc; mount -t sysfs sys /sys; mount -t devtmpfs dev /dev
mkdir -p /dev/pts /dev/shm
mount -t devpts -o gid=5,mode=620,ptmxmode=666 devpts /dev/pts
for place in /dev/shm /tmp /run; do mount -t tmpfs -o mode=1777 tmpfs $place; done
mount -t cgroup2 cgroup2 /sys/fs/cgroup
for pair in fd: stdin:/0 stdout:/1 stderr:/2; do ln -sf /proc/self/fd\${pair#*:} /dev/\${pair%%:*}; done
ip link set lo up
tr -d '\\000' < /dev/vdb > /tmp/job
setsid -c sh /tmp/job < ${terminal} > ${terminal} 2>&1
sleep 1; echo o > /proc/sysrq-trigger; sleep 9
`
  writeFileSync(join(system, "usr/sbin/run-job"), first, { mode: 0o755 })
}

export function makeImage({ architecture, system, image }) {
  say("kernel", "making the machine's disk")
  const inside = join(system, "work/cordon")
  rmSync(inside, { recursive: true, force: true })
  cpSync(checkout, inside, { recursive: true, verbatimSymlinks: true })
  const cpu = architectures[architecture].npm
  if (cpu !== process.arch) replacePackages(inside, cpu)
  rmSync(image, { force: true })
  runQuietly(["truncate", "-s", "6G", image])
  runQuietly(["mkfs.ext4", "-q", "-F", "-d", system, image])
}

/** What of the packages is made for one processor, Bun above all, and what was built with it. */
function replacePackages(inside, cpu) {
  for (const made of ["node_modules", "dist"]) rmSync(join(inside, made), { recursive: true, force: true })
  const flags = ["--os=linux", `--cpu=${cpu}`, "--ignore-scripts", "--no-audit", "--no-fund"]
  runQuietly(["npm", "ci", ...flags], { cwd: inside })
  const packages = join(inside, "node_modules/@oven")
  const [name] = readdirSync(packages)
  cpSync(join(packages, name, "bin/bun"), join(inside, "node_modules/bun/bin/bun.exe"))
}
