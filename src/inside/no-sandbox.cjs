"use strict"
/**
 * Preload for whatever Node stands inside: adds `--no-sandbox` wherever a program starts a browser of the Chromium
 * family, because the sandbox of Chromium's own cannot be set up inside ours. It protects nothing; without it such a
 * browser does not start. Tables first, then hooks, then words, then the shell's grammar. One file, no dependencies,
 * Node 14 or later; Bun and Electron may load it too.
 */

const flag = "--no-sandbox"

/** Every browser's name contains one of these; nearly every call is done with after this test. */
const hint = /chrom|headless|brave|edge|vivaldi|opera|electron/i

const browser = new RegExp(
  `^(?:${[
    "chrome|chromium|chromium-browser|chrome-headless-shell|headless[-_]shell",
    "google-chrome(?:-(?:stable|beta|dev|unstable|canary))?|google chrome(?: for testing)?",
    "brave|brave-browser.*|brave browser|msedge|microsoft-edge.*|microsoft edge|vivaldi.*|opera|electron",
  ].join("|")})(?:\\.(?:exe|cmd|bat))?$`,
  "i",
)

const envString = /^(?:-[^-uCa]*?S|--s[^=]*=?)/

/**
 * Programs that run the rest of their words. `short`, `long`: options whose value may be the next word;
 * `splits`: an option whose value holds words; `never`: options with which nothing is run; `operands`: how many words
 * stand before the command.
 */
const wrappers = new Map([
  ["env", { short: "uCaS", long: ["unset", "chdir", "argv0", "split-string"], splits: envString }],
  ["nice", { short: "n", long: ["adjustment"] }],
  ["timeout", { short: "ks", long: ["kill-after", "signal"], operands: 1 }],
  ["stdbuf", { short: "ioe", long: ["input", "output", "error"] }],
  ["ionice", { short: "cn", long: ["class", "classdata"], never: "pPu" }],
  ["taskset", { never: "p", operands: 1 }],
  ["chrt", { short: "TPD", never: "p", operands: 1 }],
  ["command", { never: "vV" }],
  ["exec", { short: "a" }],
  ["time", { short: "fo", long: ["format", "output"] }],
  ["caffeinate", { short: "tw" }],
  ["xvfb-run", { short: "efnpsw", long: ["auth-file", "error-file", "server-num", "server-args", "wait"] }],
  ["strace", { short: "eopsuEPaOSX", long: ["output", "user", "trace", "env"] }],
  ["ltrace", { short: "eopsuEPaOSX", long: ["output"] }],
  ["sudo", { short: "ughpCrtTUDR", long: ["user", "group", "host", "prompt", "chdir"], never: "lve" }],
  ["doas", { short: "uC" }],
  ["pkexec", { long: ["user"] }],
  ["runuser", { short: "ugG", long: ["user", "group"] }],
  ["dbus-run-session", { long: ["config-file", "dbus-daemon"] }],
  ...["nohup", "setsid", "unbuffer", "winpty"].map(name => [name, {}]),
])

/** With it Electron is plain Node, which refuses the flag. */
const nodeMode = /^"?ELECTRON_RUN_AS_NODE=./

const shell = /^(?:sh|bash|zsh|dash|ash|ksh|fish)$/

/** Where a word of a shell command ends. */
const wordEnd = /[ \t\n;&|()<>]/
const redirection = /(?:\d+|&(?=>))?(?:<<<|<>|<&|>>|>&|>\||[<>](?!\())[ \t]*/y
const expansion = /\$\(\((?:[^()]|\([^()]*\))*\)\)|`(?:\\.|[^`\\])*`|\$\{[^}]*\}|\$'(?:\\.|[^'\\])*'|[$`]/sy

/** Words after which a shell expects a command, and words whose rest follows a grammar of its own. */
const keywords = new Set(["if", "then", "elif", "else", "while", "until", "do", "!", "{", "}", "fi", "done"])
const unread = new Set(["case", "[[", "function", "select"])

const hooked = Symbol.for("cordon.no-sandbox")
let warned = false

if (process.env.CORDON === "1") guarded(install)

/** Loads child_process at once, for 2 ms: an ES module's import of it passes nothing that could wait for it. */
function install() {
  // Without "node:", which Node 14.17 does not know.
  const [childProcess, modules] = ["child_process", "module"].map(name => require(name))
  if (childProcess[hooked]) return
  Object.defineProperty(childProcess, hooked, { value: true })
  // spawn, execFile, exec and their promisified forms all end here, every overload sorted out.
  hook(childProcess.ChildProcess.prototype, "spawn", withFlagInOptions)
  hook(childProcess, "spawnSync", withFlagInList)
  hook(childProcess, "execFileSync", withFlagInList)
  hook(childProcess, "execSync", withFlagInCommand)
  modules.syncBuiltinESMExports()
}

/** Has `owner[name]` called with what `rewrite` makes of its arguments; it looks the same from outside. */
function hook(owner, name, rewrite) {
  const original = owner[name]
  function hookedCall(...given) {
    return Reflect.apply(original, this, guarded(() => rewrite(given)) || given)
  }
  owner[name] = Object.defineProperties(hookedCall, Object.getOwnPropertyDescriptors(original))
}

/** A mistake of ours must not cost a program its child: one warning, and the call goes through as it came. */
function guarded(action) {
  try {
    return action()
  } catch {
    if (!warned) process.emitWarning(`cordon could not add ${flag} to a call`, "CordonWarning")
    warned = true
    return undefined
  }
}

/** What Node made of an asynchronous call; a fork starts Node, whatever its name. */
function withFlagInOptions([options, ...rest]) {
  const { file, args, execPath } = options
  if (execPath !== undefined && execPath === file) return undefined
  const own = args.slice(1)
  const changed = withFlag(file, own, options)
  return changed === own ? undefined : [Object.assign({}, options, { args: [args[0], ...changed] }), ...rest]
}

/** spawnSync and execFileSync: `file, args?, options?`. With a shell Node joins file and args, so we do first. */
function withFlagInList([file, ...rest]) {
  if (typeof file !== "string") return undefined
  const hasList = Array.isArray(rest[0])
  const args = hasList ? rest[0] : []
  const tail = hasList || rest[0] === null || rest[0] === undefined ? rest.slice(1) : rest
  const options = tail[0] || {}
  if (options.shell) {
    const joined = withFlagInCommand([[file, ...args].join(" "), options])
    return joined && [joined[0], [], ...tail]
  }
  const changed = withFlag(file, args, options)
  return changed === args ? undefined : [file, changed, ...tail]
}

/** execSync: `command, options?`. */
function withFlagInCommand([command, ...rest]) {
  if (typeof command !== "string") return undefined
  const options = rest[0] || {}
  const program = typeof options.shell === "string" ? options.shell : "/bin/sh"
  const [, changed] = withFlag(program, ["-c", command], options)
  return changed === command ? undefined : [changed, ...rest]
}

/** The arguments with the flag where it belongs, or the same array. */
function withFlag(file, args, { env, envPairs }) {
  const words = [file, ...args].map(value => ({ text: String(value) }))
  if (!words.some(({ text }) => hint.test(text.replace(/["'\\]/g, "")))) return args
  const pairs = envPairs || Object.entries(env || process.env).map(pair => pair.join("="))
  const asNode = pairs.some(pair => nodeMode.test(pair))
  const place = placeIn(words, asNode)
  if (place === undefined) return args
  const { at, text } = place
  const added = text === undefined ? [...args.slice(0, at), flag] : [...args.slice(0, at - 1), text]
  return [...added, ...args.slice(at)]
}

/**
 * Where the flag belongs among the words of one command: behind word `at`, or, with `text`, inside that word, which
 * becomes `text`. A word whose own text is undefined needs expansion: no guess is made about it.
 */
function placeIn(words, asNode) {
  let isNode = asNode
  for (let at = 0; at < words.length; ) {
    const { text = "", raw = text } = words[at]
    const name = text.split("/").pop()
    const wrapper = wrappers.get(name)
    if (/^"?[A-Za-z_]\w*\+?=/.test(raw)) {
      isNode = isNode || nodeMode.test(raw)
      at++
    } else if (browser.test(name)) return takesFlag(name, words.slice(at + 1), isNode) ? { at } : undefined
    else if (shell.test(name)) return placeInShell(words, at + 1, isNode)
    else if (wrapper === undefined) return undefined
    else {
      const next = afterOptions(words, at + 1, wrapper)
      if (next.before !== undefined) return placeInSplit(words, at, { ...next, asNode: isNode })
      at = next.at + (wrapper.operands || 0)
    }
  }
  return undefined
}

function takesFlag(name, rest, asNode) {
  const end = rest.findIndex(({ text }) => text === "--")
  const options = end < 0 ? rest : rest.slice(0, end)
  return !(asNode && /^electron/i.test(name)) && !options.some(({ text }) => text === flag)
}

/**
 * The first word that is no option: where a wrapper's operands start; past the end when it runs nothing. Or, with
 * `before`, the word with a string to split, and what stands before the string in that word.
 */
function afterOptions(words, start, wrapper) {
  let at = start
  while (at < words.length) {
    const { text } = words[at]
    if (text === "--") return { at: at + 1 }
    if (text === undefined || !text.startsWith("-")) break
    const width = optionWidth(text, wrapper)
    const match = wrapper.splits === undefined ? null : wrapper.splits.exec(text)
    if (match !== null) return width === 2 ? { at: at + 1, before: "" } : { at, before: match[0] }
    at = width === 0 ? words.length : at + width
  }
  return { at }
}

/** How many words an option takes; 0 = with it the wrapper runs nothing. */
function optionWidth(text, { short = "", long = [], never = "" }) {
  if (text.startsWith("--")) return long.some(name => name.startsWith(text.slice(2))) ? 2 : 1
  const letters = [...text.slice(1)]
  const valued = letters.findIndex(letter => short.includes(letter))
  const flags = valued < 0 ? letters : letters.slice(0, valued)
  if (flags.some(letter => never.includes(letter))) return 0
  return valued >= 0 && valued === letters.length - 1 ? 2 : 1
}

/** The string's words stand in its place among the words of env, options of env included. */
function placeInSplit(words, env, { at, before, asNode }) {
  const { text } = words[at] || {}
  if (text === undefined) return undefined
  const string = text.slice(before.length)
  const inner = wordsOf(string)
  const place = placeIn([words[env], ...inner, ...words.slice(at + 1)], asNode)
  if (place === undefined) return undefined
  if (place.at > inner.length) return { at: place.at - inner.length + at, text: place.text }
  return { at, text: before + edited(string, inner[place.at - 1], place.text) }
}

/** `sh -c STRING`: the string stands behind all options, each `o` of which takes a word, and an optional `--`. */
function placeInShell(words, start, asNode) {
  let hasString = false
  let at = start
  for (; at < words.length && /^[-+]./.test(words[at].text || "") && words[at].text !== "--"; at++) {
    const { text } = words[at]
    hasString = hasString || /^-[^-]*c/.test(text)
    if (/^[-+][^-]/.test(text)) at += (text.match(/o/gi) || []).length
    else if (/^--(?:rcfile|init-file)$/.test(text)) at++
  }
  if (words[at] && words[at].text === "--") at++
  const string = hasString && words[at] ? words[at].text : undefined
  const changed = string === undefined ? undefined : commandWithFlag(string, asNode)
  return changed === string ? undefined : { at, text: changed }
}

/** The flag in each command of a shell's command string that starts a browser. */
function commandWithFlag(string, asNode) {
  const reader = { string, at: 0, commands: [], words: [] }
  readCommands(reader, false)
  const edits = reader.commands.flatMap(words => {
    const place = placeIn(words, asNode)
    return place === undefined ? [] : [{ word: words[place.at], text: place.text }]
  })
  edits.sort((a, b) => b.word.end - a.word.end)
  return edits.reduce((changed, { word, text }) => edited(changed, word, text), string)
}

/** `string` with the flag behind one of its words, or with that word become `text`. */
function edited(string, { start, end }, text) {
  const word = text === undefined ? `${string.slice(start, end)} ${flag}` : `'${text.replace(/'/g, "'\\''")}'`
  return string.slice(0, start) + word + string.slice(end)
}

/** The words of a string without operators, as `env -S` splits it. */
function wordsOf(string) {
  const reader = { string, at: 0, commands: [], words: [] }
  const words = []
  while (reader.at < string.length) {
    if (take(reader, /\s+/y) === "") words.push(readWord(reader, /\s/))
  }
  return words
}

/**
 * Reads commands into `reader.commands`, up to the end or, when nested, the closing bracket. Where words may look
 * like a command and be none (patterns of `case`, here-documents, functions, arrays) it reads no further.
 */
function readCommands(reader, isNested) {
  const outer = reader.words
  reader.words = []
  while (reader.at < reader.string.length) {
    take(reader, /(?:[ \t]|\\\n)*(?:#[^\n]*)?/y)
    const bracket = take(reader, /[()]/y)
    const atStart = reader.words.length === 0
    if (bracket === ")" && isNested) break
    if (bracket === "(" && atStart && reader.string[reader.at] !== "(") readCommands(reader, true)
    else if (bracket !== "") stopReading(reader, [])
    else if (take(reader, /\d*<<(?!<)/y) !== "") stopReading(reader, reader.words)
    else if (take(reader, redirection) !== "") readWord(reader, wordEnd)
    else if (take(reader, /[;&|\n]/y) !== "") finishCommand(reader)
    else if (reader.at < reader.string.length) {
      const word = readWord(reader, wordEnd)
      if (atStart && unread.has(word.text)) stopReading(reader, [])
      else if (!atStart || !keywords.has(word.text)) reader.words.push(word)
    }
  }
  finishCommand(reader)
  reader.words = outer
}

function finishCommand(reader) {
  reader.commands.push(reader.words)
  reader.words = []
}

function stopReading(reader, words) {
  reader.words = words
  reader.at = reader.string.length
}

/** One word with its quotes removed; one that holds an expansion has no text. */
function readWord(reader, end) {
  const { string, at: start } = reader
  let text = ""
  let isKnown = true
  let isQuoted = false
  while (reader.at < string.length) {
    const character = string[reader.at]
    const next = string[reader.at + 1] || ""
    if (character === '"') {
      isQuoted = !isQuoted
      reader.at++
    } else if (character === "'" && !isQuoted) text += take(reader, /'[^']*'?/y).replace(/'/g, "")
    else if (character === "\\") {
      text += isQuoted && !/[$`"\\\n]/.test(next) ? character + next : next.replace("\n", "")
      reader.at += 2
    } else if (/[$`]/.test(character) || (!isQuoted && end === wordEnd && /[<>]\(/.test(character + next))) {
      isKnown = false
      if (take(reader, /[<>]\(|\$\((?!\()/y) !== "") readCommands(reader, true)
      else take(reader, expansion)
    } else if (!isQuoted && end.test(character)) break
    else {
      text += character
      reader.at++
    }
  }
  return {
    start,
    end: reader.at,
    text: isKnown ? text : undefined,
    raw: isKnown ? text : string.slice(start, reader.at),
  }
}

/** What the sticky `pattern` matches next, which is then behind the reader; "" = nothing. */
function take(reader, pattern) {
  pattern.lastIndex = reader.at
  const match = pattern.exec(reader.string)
  if (match === null) return ""
  reader.at = pattern.lastIndex
  return match[0]
}
