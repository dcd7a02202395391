/** A home and a project like a developer's, made for the run and removed after it. */
import { mkdirSync, mkdtempSync, writeFileSync } from "node:fs"
import { homedir } from "node:os"
import { join } from "node:path"

export type World = { home: string; project: string }

export function makeWorld(): World {
  const home = mkdtempSync(join(homedir(), ".cordon-bench-"))
  // With a place for state, as desktops have it: without one nothing is remembered (docs/launches.md).
  for (const path of [
    ".local/state",
    ".aws",
    ".ssh",
    ".config/gh",
    ".cache/pip",
    ".npm/_cacache",
    ".mozilla",
    ".kube",
  ])
    mkdirSync(join(home, path), { recursive: true })
  for (const path of [".netrc", ".bash_history", ".git-credentials"]) writeFileSync(join(home, path), "x")
  return { home, project: makeFiles({ home, project: "" }, 10) }
}

/** A git project of so many files. */
export function makeFiles({ home }: World, count: number, perDirectory = 1000): string {
  const project = join(home, `project-${count}-${perDirectory}`)
  mkdirSync(join(project, ".git/hooks"), { recursive: true })
  writeFileSync(join(project, ".git/config"), "")
  writeFileSync(join(project, ".env"), "SECRET=1")
  for (let made = 0; made < count; made++) {
    const directory = join(project, `part-${Math.floor(made / perDirectory)}`)
    if (made % perDirectory === 0) mkdirSync(directory, { recursive: true })
    writeFileSync(join(directory, `file-${made}.txt`), "")
  }
  return project
}

/** A user policy of so many denials. */
export function makePolicy({ home }: World, kind: "absent" | "existing" | "globs", count: number): string {
  const path = join(home, `policy-${kind}-${count}.yaml`)
  const rules = Array.from({ length: count }, (_, index) => {
    if (kind === "existing") mkdirSync(join(home, `data/${index}`), { recursive: true })
    return kind === "globs"
      ? `    - "**/secret-${index}-*.pem"`
      : `    - ~/${kind === "existing" ? "data" : "absent"}/${index}`
  })
  writeFileSync(path, `version: 1\nfilesystem:\n  deny:\n${rules.join("\n")}\n`)
  return path
}

/** Runs words in the project, to their end. @returns what they printed */
export function run(
  { home, project }: World,
  words: readonly string[],
  path = "/usr/local/bin:/usr/bin:/bin",
): string {
  const { exitCode, stdout, stderr } = Bun.spawnSync([...words], {
    cwd: project,
    env: { HOME: home, PATH: path, LANG: "C.UTF-8" },
    stderr: "pipe",
  })
  if (exitCode !== 0) throw new Error(`${words.join(" ")} ended with ${exitCode}: ${stderr}`)
  return stdout.toString()
}
