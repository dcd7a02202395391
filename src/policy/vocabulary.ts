/** The words that a policy may use where only some words mean something; each list from least to most permissive. */

export const networkModes = ["off", "filtered", "open"] as const
export const environmentModes = ["clean", "scrub", "inherit"] as const
export const homeAccess = ["deny", "read", "write"] as const
export const liveModes = ["strict", "standard"] as const
export const presetNames = ["untrusted", "standard", "trusted"] as const
export type PresetName = (typeof presetNames)[number]

/** Protections that a policy may name as optional: their absence is then reported instead of stopping the run. */
export const optionalProtections = [
  "abstract-sockets",
  "landlock",
  "limits",
  "live-names",
  "seccomp",
] as const

/** An amount of memory, more than none: `8GB`, `512MiB`, `1.5g`, plain bytes. */
export const sizePattern = /^(?=.*[1-9])\d+(\.\d+)?\s?(B|[KMGT]i?B?)?$/i
/** A time, more than none: `90s`, `2h`, `1h30m`. */
export const durationPattern = /^(?=.*[1-9])(\d+(\.\d+)?(s|m|h|d))+$/
