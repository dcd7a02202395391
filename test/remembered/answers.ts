/** Journals for tests: questions asked by the functions that planning asks them by. */
import { ask, closeJournal, type Entry, keepJournal } from "../../src/base/journal.ts"
import { readBubblewrap } from "../../src/host/bubblewrap-file.ts"
import { listNames, readDirectory } from "../../src/host/directory.ts"
import { readEntry } from "../../src/host/entry.ts"
import { readSwitch } from "../../src/host/kernel-facts.ts"
import { namespacesInDoubt } from "../../src/host/namespace-doubt.ts"
import { interpreterLine, isExecutable } from "../../src/host/program-file.ts"
import { readTextFile } from "../../src/host/text-file.ts"
import { landlockAbi } from "../../src/kernel/landlock.ts"
import { hasNotification } from "../../src/kernel/seccomp-support.ts"
import { isLink, readPolicyFile, realPath } from "../../src/policy/policy-file.ts"

const planning: Readonly<Record<string, (about: string) => unknown>> = {
  entry: readEntry,
  entries: readDirectory,
  names: listNames,
  executable: isExecutable,
  "interpreter line": interpreterLine,
  "text file": readTextFile,
  switch: path => ask("switch", path, readSwitch),
  bubblewrap: readBubblewrap,
  "namespaces in doubt": uid => namespacesInDoubt(Number(uid)),
  "Landlock ABI": about => ask("Landlock ABI", about, landlockAbi),
  notification: about => ask("notification", about, hasNotification),
  "policy file": readPolicyFile,
  link: isLink,
  "real path": realPath,
}

export function answersOf(questions: readonly (readonly [kind: string, about: string])[]): Entry[] {
  keepJournal({ directory: "", key: "", home: "", words: { all: 0, deciding: 0 } })
  for (const [kind, about] of questions) planning[kind]?.(about)
  return closeJournal()?.entries ?? []
}
