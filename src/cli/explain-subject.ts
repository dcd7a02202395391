/** What `cordon explain WORD` is about, a path or a host: most words leave no doubt, and of the others it says how it took them. */
import { shellQuoted } from "../base/printable.ts"
import { isHostSubject } from "./explain-host.ts"

/** @property note how the word was read, and how to ask for the other; undefined where nobody would doubt it */
export type SubjectReading = { kind: "path" | "host"; note: string | undefined }

/** Endings of files under which no name of the Internet is: a name that ends so is a file's, whether it exists or not. */
const endingsOfFiles = new Set(
  (
    "bak bash bin cert cfg cjs conf cpp crt csv cts db dll diff env exe gem go gql gradle gz hpp html ini ipynb jar java " +
    "jpeg jpg js json json5 jsonc jsonl jsx kts less lock log lua mjs mts out patch pdf pem php png proto pyi rb rst scss " +
    "sock sql sqlite sqlite3 svelte svg swift tar tgz tmp toml ts tsv tsx txt vue wasm webp whl xml xz yaml yml"
  ).split(" "),
)

/** Endings of files that are countries and the like as well: `main.rs` and `docs.rs`. */
const endingsOfBoth = new Set("cc md ml mov pl ps pub py rs sh so tf zip".split(" "))

/** @param exists whether something is called so, asked for only where it matters */
export function readSubject(subject: string, exists: () => boolean): SubjectReading {
  if (!isHostSubject(subject)) return { kind: "path", note: bareWordNote(subject, exists) }
  // An address, a port, a request: nobody names files so.
  const plain = /^[^:\s]*\.([^.:\s]+)$/.exec(subject)
  if (exists()) return { kind: "path", note: plain ? asHost("it exists", subject) : undefined }
  const ending = plain?.[1]?.toLowerCase() ?? ""
  // No name of the Internet ends with one letter.
  if (endingsOfFiles.has(ending) || /^[a-z]$/.test(ending))
    return { kind: "path", note: asHost("it ends like a file's name", subject) }
  if (endingsOfBoth.has(ending) && subject !== subject.toLowerCase())
    return { kind: "path", note: asHost("it has capital letters", subject) }
  if (!endingsOfBoth.has(ending)) return { kind: "host", note: undefined }
  const other = `cordon explain ./${shellQuoted(subject)}`
  return { kind: "host", note: `read as a host, because no file is called so here; for the path: ${other}` }
}

/** `db` may be a host of the local network. */
function bareWordNote(subject: string, exists: () => boolean): string | undefined {
  if (!/^[a-z\d][a-z\d-]*$/i.test(subject) || exists()) return undefined
  return asHost("it has no dot", subject)
}

function asHost(why: string, subject: string): string {
  return `read as a path, because ${why}; for the host: cordon explain ${shellQuoted(subject)}:443`
}
