/**
 * The sandbox's own network in `filtered` mode. Its addresses are those for tests of network devices (RFC 2544,
 * 198.18.0.0/15), which nothing in the internet or in a company has.
 */
export const insideNetwork = {
  /** the sandbox's own address, and that of its name server */
  own: "198.18.0.1",
  netmask: "255.254.0.0",
  /** stands for whatever is dialled by its address and not by a name of ours */
  literal: "198.18.0.2",
  /** where the border listens: no program inside may bind a port below 1024 */
  borderPort: 1,
  namesPort: 53,
} as const
