/** An agent gives a denied or protected file a second name. */
import { expect, test } from "bun:test"
import { existsSync } from "node:fs"
import { join } from "node:path"
import { failed, spoken, succeeded } from "../support/attempts.ts"
import { World } from "../support/world.ts"

const secret = "s3cret-by-another-name"

test("a file that cannot be read or written gets no other name", async () => {
  using world = new World({
    home: { ".netrc": secret, ".aws/credentials": secret, ".bashrc": "mine", "notes.txt": "plain" },
    project: { ".env": secret, "a/.env": secret, ".git/hooks/post-commit": "mine" },
  })
  const got = await world.attempts({
    "a secret of the home": "ln ~/.netrc stolen && cat stolen",
    "a secret in a directory": "ln ~/.aws/credentials stolen2 && cat stolen2",
    "a secret of the project": "ln .env stolen3 && cat stolen3",
    "a deeper secret": "ln a/.env stolen4 && cat stolen4",
    "a copy by links": "cp -al ~/.aws stolen5 && cat stolen5/credentials",
    "a file to write": "ln ~/.bashrc stolen6 && echo owned >> stolen6",
    "a hook to write": "ln .git/hooks/post-commit stolen7 && echo owned >> stolen7",
    "a readable file": "ln ~/notes.txt stolen8",
    "a file of the system": "ln /etc/passwd stolen9",
    "through a link": "ln -s ~/.netrc link && ln -L link stolen10 && cat stolen10",
  })
  expect(succeeded(got)).toEqual([])
  expect(spoken(got)).not.toContain(secret)
  const begun = await world.attempts({
    "a new repository": "git init -q new && chmod 600 new/.git/config && git -C new config user.name me",
    "its configuration by another name": "! ln new/.git/config stolen11",
    "a sample of its hooks": "! ln new/.git/hooks/pre-commit.sample stolen12",
  })
  expect(failed(begun)).toEqual({})
  expect(existsSync(join(world.project, "stolen11"))).toBe(false)
  const own = await world.attempts({ "a file of the project": "echo x > file && ln file other && cat other" })
  expect(failed(own)).toEqual({})
})
