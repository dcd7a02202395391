/**
 * The sandbox's loopback carries segments of half a megabyte instead of 64 KiB ("BIG TCP", Linux 6.3): what a relay costs
 * is mostly what each segment costs, on its way to the border and from there.
 */
import { pinned, rawCall } from "./raw-call.ts"
import { callNumbers, presentArchitecture } from "./system-calls.ts"

const number = callNumbers(presentArchitecture())

/** `lo` is the first interface of every network namespace (network_namespaces(7)). */
const loopback = 1
/** RTM_NEWLINK of rtnetlink(7), NLM_F_REQUEST of netlink(7) */
const [changeLink, isRequest] = [16, 1]
/** IFLA_GSO_IPV4_MAX_SIZE, IFLA_GRO_IPV4_MAX_SIZE of linux/if_link.h, which other kernels pass over */
const segmentSizes = [63, 64]
/** GSO_MAX_SIZE of linux/netdevice.h: 8 * GSO_MAX_SEGS */
const segmentMax = 524_280

const [headSize, linkSize, attributeSize] = [16, 16, 8]
const message = pinned(headSize + linkSize + segmentSizes.length * attributeSize)
/** struct sockaddr_nl of the kernel. Named, or the kernel asks whether whoever made the socket might change the link. */
const kernel = pinned(12)

/** @param routes a socket of NETLINK_ROUTE, of the network whose owner we are; what it answers changes nothing */
export function carryLargeSegments(routes: number): void {
  const { bytes } = message
  bytes.fill(0)
  // struct nlmsghdr, then struct ifinfomsg
  bytes.writeUInt32LE(bytes.length, 0)
  bytes.writeUInt16LE(changeLink, 4)
  bytes.writeUInt16LE(isRequest, 6)
  bytes.writeInt32LE(loopback, headSize + 4)
  for (const [index, type] of segmentSizes.entries()) {
    // struct rtattr
    const at = headSize + linkSize + index * attributeSize
    bytes.writeUInt16LE(attributeSize, at)
    bytes.writeUInt16LE(type, at + 2)
    bytes.writeUInt32LE(segmentMax, at + 4)
  }
  kernel.bytes.writeUInt16LE(16, 0) // AF_NETLINK
  rawCall(number.sendto, routes, message.address, bytes.length, 0, kernel.address, kernel.bytes.length)
}
