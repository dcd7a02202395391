/** What the virtual machine of `npm run kernel` starts: a kernel of Debian's, an initramfs, and a disk with a small Debian on it. */
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs"
import { homedir } from "node:os"
import { join } from "node:path"
import { root as checkout } from "./packages.mjs"
import { Refusal, runQuietly, say } from "./say.mjs"

/** Where it is kept. */
export const cache = join(homedir(), ".cache/cordon-kernel")
/** The disk. */
export const image = join(cache, "system.img")
const system = join(cache, "system")

const packages =
  "bubblewrap,git,python3,procps,iproute2,ca-certificates,nodejs,libcap2-bin,util-linux,gcc,libc6-dev,curl,openssl"
const drivers = [
  "virtio",
  "virtio_ring",
  "virtio_pci_modern_dev",
  "virtio_pci_legacy_dev",
  "virtio_pci",
  "virtio_blk",
]

/** Debian's newest of the series, unpacked and not installed. @returns paths of the kernel and its initramfs */
export function installKernel(series) {
  const listed = runQuietly([
    "apt-cache",
    "search",
    "--names-only",
    `^linux-image-${series}[.].*-cloud-amd64$`,
  ])
  const names = listed
    .trim()
    .split("\n")
    .map(line => line.split(" ")[0])
  const name = names.sort((one, other) => one.localeCompare(other, "en", { numeric: true })).at(-1)
  if (!name)
    throw new Refusal(`Debian's packages here have no kernel ${series}: see apt-cache search linux-image`)
  const directory = join(cache, name)
  if (!existsSync(directory)) {
    say("kernel", `fetching ${name}`)
    const archives = join(cache, "archives")
    mkdirSync(archives, { recursive: true })
    runQuietly(["apt-get", "download", name], { cwd: archives })
    const archive = readdirSync(archives).find(file => file.startsWith(`${name}_`))
    runQuietly(["dpkg-deb", "-x", join(archives, archive), directory])
  }
  const [version] = readdirSync(join(directory, "lib/modules"))
  return { image: join(directory, `boot/vmlinuz-${version}`), initramfs: makeInitramfs(directory) }
}

/** Loads what the disk needs and hands over to the system on it. */
function makeInitramfs(kernel) {
  const tree = join(kernel, "initramfs")
  for (const name of ["bin", "dev", "proc", "mnt", "drivers"])
    mkdirSync(join(tree, name), { recursive: true })
  cpSync("/bin/busybox", join(tree, "bin/busybox"))
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
export function makeSystem() {
  const release = /^VERSION_CODENAME=(.*)$/m.exec(readFileSync("/etc/os-release", "utf8"))?.[1]
  if (release === undefined) throw new Refusal("/etc/os-release names no release: this needs Debian")
  const done = join(cache, "system-is-made")
  if (!existsSync(done)) {
    say("kernel", `installing a Debian ${release} of its own, which takes some minutes`)
    rmSync(system, { recursive: true, force: true })
    runQuietly(["debootstrap", "--variant=minbase", `--include=${packages}`, release, system])
    writeFileSync(done, "")
  }
  writeFileSync(join(system, "etc/hosts"), "127.0.0.1 localhost\n::1 localhost\n")
  const first = join(system, "usr/sbin/run-job")
  writeFileSync(
    first,
    `#!/bin/sh
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LANG=C.UTF-8
mount -t proc proc /proc; mount -t sysfs sys /sys; mount -t devtmpfs dev /dev
mkdir -p /dev/pts /dev/shm
mount -t devpts -o gid=5,mode=620,ptmxmode=666 devpts /dev/pts
for place in /dev/shm /tmp /run; do mount -t tmpfs -o mode=1777 tmpfs $place; done
mount -t cgroup2 cgroup2 /sys/fs/cgroup
for pair in fd: stdin:/0 stdout:/1 stderr:/2; do ln -sf /proc/self/fd\${pair#*:} /dev/\${pair%%:*}; done
ip link set lo up
tr -d '\\000' < /dev/vdb > /tmp/job
setsid -c sh /tmp/job < /dev/ttyS0 > /dev/ttyS0 2>&1
sleep 1; echo o > /proc/sysrq-trigger; sleep 9
`,
  )
  chmodSync(first, 0o755)
}

export function makeImage() {
  say("kernel", "making the machine's disk")
  const inside = join(system, "work/cordon")
  rmSync(inside, { recursive: true, force: true })
  cpSync(checkout, inside, { recursive: true, verbatimSymlinks: true })
  rmSync(image, { force: true })
  runQuietly(["truncate", "-s", "6G", image])
  runQuietly(["mkfs.ext4", "-q", "-F", "-d", system, image])
}
