/** What `cordon policy init` writes: short, valid, and safe as it stands. */

export const projectStarter = `# Cordon policy of this repository. It may deny and limit; what it would open holds only
# once a person has run \`cordon policy trust\`. All keys: cordon policy schema, docs/policy.md
version: 1

filesystem:
  # cannot be read, listed or written
  deny: ["**/*.pem"]
  # never writable, at any depth
  protect: [.github/workflows]
`

export const userStarter = `# Your Cordon policy: it holds for every agent and every project.
# All keys: cordon policy schema, docs/policy.md. Try it: cordon check, cordon explain PATH
version: 1

filesystem:
  # cannot be read, listed or written, beside the built-in list
  deny: []
  # can be read and written besides the project, such as ~/.cache/my-tool
  write: []

network:
  # hosts besides the public ones, such as db.corp:5432 with 10.1.2.0/24, where it is
  allow: []
  # hosts that may not be reached, such as "*.pastebin.com"
  deny: []

environment:
  # variables that pass although their names look like secrets
  pass: []
`
