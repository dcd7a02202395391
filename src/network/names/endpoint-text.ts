/** `host:port` as programs write it, with the brackets that IPv6 needs. */

export function endpointText(host: string, port: number): string {
  return `${host.includes(":") ? `[${host}]` : host}:${port}`
}

/** The other way; what is after a colon and no number, as in an IPv6 address without brackets, is of the host. */
export function splitEndpoint(text: string): { host: string; port: number | undefined } {
  const [, bracketed, plain, digits] = /^(?:\[([^\]]*)\]|([^:]*))(?::(\d{1,5}))?$/.exec(text) ?? []
  const host = bracketed ?? plain
  return host === undefined
    ? { host: text, port: undefined }
    : { host, port: digits === undefined ? undefined : Number(digits) }
}
