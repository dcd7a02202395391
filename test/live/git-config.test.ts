/** Which configurations of git may be installed in a repository of the session. */
import { describe, expect, test } from "bun:test"
import { isHarmlessConfig } from "../../src/live/git-config.ts"

const harmless = {
  "what git init writes": "[core]\n\trepositoryformatversion = 0\n\tfilemode = true\n\tbare = false\n",
  "what git clone writes":
    '[remote "origin"]\n\turl = https://example.com/a.git\n\tfetch = +refs/heads/*:refs/remotes/origin/*\n[branch "main"]\n\tremote = origin\n\tmerge = refs/heads/main\n',
  "a remote over ssh": '[remote "o"]\n\turl = git@example.com:a/b.git\n\turl = ssh://git@[::1]:22/a\n',
  "a directory": '[remote "o"]\n\turl = /srv/git/a::b.git\n\turl = ../other\n',
  "ends of lines": "[core]\n\tautocrlf = input\n\teol = lf\n\tsafecrlf = warn\n",
  "no tags": '[remote "o"]\n\ttagOpt = --no-tags\n',
  "a name": "[user]\n\tname = Å. Nymous\n\temail = a@example.com\n",
  nothing: "\n\n",
}

const harmful = {
  "a command": "[core]\n\tfsmonitor = evil\n",
  "a command, in capitals": "[CORE]\n\tsshCommand = evil\n",
  "an alias": "[alias]\n\tst = !evil\n",
  "an included file": "[include]\n\tpath = evil\n",
  "a filter": '[filter "x"]\n\tclean = evil\n',
  "hooks elsewhere": "[core]\n\thooksPath = evil\n",
  "another work tree": "[core]\n\tworktree = /\n",
  "a second configuration": "[extensions]\n\tworktreeConfig = true\n",
  "a program for the remote": '[remote "o"]\n\tuploadpack = evil\n',
  "a remote that runs a command": '[remote "o"]\n\turl = ext::sh -c evil\n',
  "the same in quotes": '[remote "o"]\n\turl = "ext::evil"\n',
  "the same behind a tab": '[remote "o"]\n\turl = \text::evil\n',
  "the same behind blanks in quotes": '[remote "o"]\n\turl = " ext::evil"\n',
  "a helper with a dash": '[remote "o"]\n\turl = some-helper::evil\n',
  "an option": '[remote "o"]\n\turl = --upload-pack=evil\n',
  "a key beside a section": "[core] fsmonitor = evil\n",
  "a section beside a section": "[user] [core]\n\tfsmonitor = evil\n",
  "a line that goes on": "[user]\n\tname = a\\\nb\n",
  "an escape": '[user]\n\tname = "a\\nb"\n',
  "a comment": "[user]\n\tname = a # b\n",
  "a key without a value": "[core]\n\tfsmonitor\n",
  "a section of another spelling": '[remote "o\\\\"]\n[core.x]\n\tfsmonitor = evil\n',
  "a mark of byte order": "\ufeff[core]\n\tfsmonitor = evil\n",
  "a NUL": "[user]\n\tname = a\0\n",
  "no section": "fsmonitor = evil\n",
}

describe("is installed", () => {
  test.each(Object.entries(harmless))("%s", (_, text) => {
    expect(isHarmlessConfig(Buffer.from(text).toString("latin1"))).toBe(true)
  })
})

describe("is refused", () => {
  test.each(Object.entries(harmful))("%s", (_, text) => {
    expect(isHarmlessConfig(Buffer.from(text).toString("latin1"))).toBe(false)
  })
})
