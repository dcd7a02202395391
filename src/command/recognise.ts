/** Which agents and toolchains a command line starts. */
import { posix } from "node:path"
import { type Program, unwrap } from "./unwrap.ts"

/** What a profile is recognised by. */
export type Recognisable = {
  readonly name: string
  /**
   * basenames of its programs; an entry with a slash, `dir/name`, counts only for a full path that leads through
   * `dir`, for names that many programs have
   */
  readonly binaries: readonly string[]
  /** packages, as their registry spells them */
  readonly packages: readonly string[]
}

/** The names of the profiles that the command starts, in the order of `profiles`. */
export function recognise(command: readonly string[], profiles: readonly Recognisable[]): string[] {
  const programs = unwrap(command)
  return profiles.filter(profile => programs.some(program => isOf(program, profile))).map(({ name }) => name)
}

function isOf(program: Program, { binaries, packages }: Recognisable): boolean {
  if (program.kind === "package") return packages.includes(program.name)
  return binaries.some(binary => {
    const slash = binary.lastIndexOf("/")
    if (slash < 0) return program.name === binary
    // normalized, so that `dir/../name` does not count as below dir
    const isBelow = posix.normalize(program.path).includes(`/${binary.slice(0, slash)}/`)
    return isBelow && program.name === binary.slice(slash + 1)
  })
}
