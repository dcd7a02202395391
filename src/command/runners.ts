/**
 * Package runners: they fetch a package and start it, so the package's name says what runs. Options that are not
 * listed take no value; a value that is taken for a package by mistake matches no known package.
 */
import type { OptionTable } from "./options.ts"

/** How to find what one package runner starts. */
export type Runner = {
  readonly names: readonly string[]
  /** words that make the program a runner; empty: it always is one */
  readonly subcommand: readonly string[]
  /** options that may stand before and after the subcommand */
  readonly options: OptionTable
  /** options that name the package, when the first word names a program of it */
  readonly packageOptions: readonly string[]
  /** options whose value is a string for the shell */
  readonly stringOptions: readonly string[]
  /** whether the first word names a package, or a program that is installed already */
  readonly starts: "package" | "program"
  /** how a package is written: `@scope/name@1.2` or `name[extra]==1.2` */
  readonly registry: "npm" | "pypi"
}

const npm = {
  options: {
    valued: "pcwC",
    longValued: [
      "package",
      "call",
      "workspace",
      "prefix",
      "registry",
      "userconfig",
      "cache",
      "loglevel",
      "script-shell",
    ],
    lenient: true,
  },
  packageOptions: ["p", "package"],
  stringOptions: ["c", "call"],
  starts: "package",
  registry: "npm",
} as const

const pnpm = {
  options: {
    valued: "CF",
    longValued: [
      "package",
      "dir",
      "filter",
      "registry",
      "loglevel",
      "reporter",
      "resume-from",
      "allow-build",
    ],
    lenient: true,
  },
  packageOptions: ["package"],
  stringOptions: [],
  registry: "npm",
} as const

const bun = {
  options: { valued: "p", longValued: ["package", "cwd", "config"], lenient: true },
  packageOptions: ["p", "package"],
  stringOptions: [],
  starts: "package",
  registry: "npm",
} as const

const uv = {
  options: {
    valued: "pwcbfiPC",
    longValued: [
      "from",
      "with",
      "with-editable",
      "with-requirements",
      "python",
      "python-platform",
      "index",
      "default-index",
      "index-url",
      "extra-index-url",
      "index-strategy",
      "find-links",
      "constraints",
      "build-constraints",
      "overrides",
      "env-file",
      "directory",
      "project",
      "cache-dir",
      "config-file",
      "config-setting",
      "link-mode",
      "resolution",
      "prerelease",
      "upgrade-package",
      "reinstall-package",
      "refresh-package",
      "exclude-newer",
      "keyring-provider",
      "allow-insecure-host",
      "no-binary-package",
      "no-build-package",
      "color",
    ],
    lenient: true,
  },
  packageOptions: ["from"],
  stringOptions: [],
  starts: "package",
  registry: "pypi",
} as const

export const runners: readonly Runner[] = [
  { names: ["npx"], subcommand: [], ...npm },
  { names: ["npm"], subcommand: ["exec"], ...npm },
  { names: ["npm"], subcommand: ["x"], ...npm },
  { names: ["pnpx"], subcommand: [], ...pnpm, starts: "package" },
  { names: ["pnpm"], subcommand: ["dlx"], ...pnpm, starts: "package" },
  { names: ["pnpm"], subcommand: ["exec"], ...pnpm, starts: "program" },
  {
    names: ["yarn", "yarnpkg"],
    subcommand: ["dlx"],
    options: { valued: "p", longValued: ["package", "cwd"], lenient: true },
    packageOptions: ["p", "package"],
    stringOptions: [],
    starts: "package",
    registry: "npm",
  },
  { names: ["bunx"], subcommand: [], ...bun },
  { names: ["bun"], subcommand: ["x"], ...bun },
  { names: ["uvx"], subcommand: [], ...uv },
  { names: ["uv"], subcommand: ["tool", "run"], ...uv },
  {
    names: ["pipx"],
    subcommand: ["run"],
    options: {
      valued: "i",
      longValued: ["spec", "python", "pip-args", "index-url", "with", "suffix", "backend"],
      lenient: true,
    },
    packageOptions: ["spec"],
    stringOptions: [],
    starts: "package",
    registry: "pypi",
  },
]
