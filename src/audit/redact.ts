/**
 * Secrets do not belong in a log that is kept for a month. A guard against the common accidents, not a promise: what
 * stands on a command line in a form of its own is recorded as it is.
 */

const hidden = "…"

/** What is kept, and after it what is not. */
const secrets: readonly RegExp[] = [
  // https://user:password@host, postgres://:password@host
  /(\b[a-z][a-z0-9+.-]{0,30}:\/\/)[^/?#\s@]{1,4096}(?=@)/gi,
  // ?token=…, --password=…, API_KEY=…
  /((?:^|[-_.?&\s])(?:api[-_]?key|auth[-_]?token|access[-_]?token|token|secret|passw(?:or)?d|passphrase)=)[^&\s]+/gi,
  // Authorization: Bearer …
  /((?:proxy-)?authorization:\s*(?:\w+\s+)?)\S+/gi,
  /((?:x-api-key|x-auth-token|cookie|set-cookie):\s*).+/gi,
]

/** Tokens that are known by how they begin: GitHub, GitLab, OpenAI and Anthropic, npm, Slack, AWS, Google, JWT. */
const tokens =
  /\b(?:gh[pousr]_|github_pat_|glpat-|sk-(?:ant-|proj-)?|npm_|xox[abprs]-|AKIA|ASIA|AIza|eyJ)[A-Za-z0-9_.-]{12,}/g

/** Options after which the next word is a secret. */
const secretOptions =
  /^--?(?:api[-_]?key|auth[-_]?token|access[-_]?token|token|secret|passw(?:or)?d|passphrase)$/i

/** Takes a time that grows with the text alone. */
export function redactText(text: string): string {
  const known = text.replace(tokens, token => `${token.slice(0, 4)}${hidden}`)
  return secrets.reduce((shown, pattern) => shown.replace(pattern, `$1${hidden}`), known)
}

export function redactWords(words: readonly string[]): string[] {
  return words.map((word, index) => (secretOptions.test(words[index - 1] ?? "") ? hidden : redactText(word)))
}
