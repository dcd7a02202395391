/** What the live engine tells the border: a connection that a program inside asked for. */

export type Dial = {
  /** the program's end, by which the border knows the connection: an IPv4 address and a port */
  from: Endpoint
  /** what the program dialled: canonical text of an IPv4 or IPv6 address, and a port */
  to: Endpoint
  /** PID of the program in our namespace */
  process: number
  /** its executable as the sandbox names it, or "" when it has ended */
  program: string
}

export type Endpoint = { address: string; port: number }
