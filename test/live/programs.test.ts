/** Real programs do their work under the live engine. */
import { describe, expect, setDefaultTimeout, test } from "bun:test"
import { type LiveWay, liveMode, liveWays } from "../support/live-modes.ts"
import { World } from "../support/world.ts"

setDefaultTimeout(60_000)

const systemPath = { PATH: "/usr/local/bin:/usr/bin:/bin" }
const lacks = (...programs: string[]) => programs.some(program => Bun.which(program, systemPath) === null)

/** The script ends at the first command that fails. */
async function works(mode: LiveWay, script: string): Promise<void> {
  using world = new World()
  const options = liveMode(world, mode)
  const { code, stderr } = await world.shell(`set -e\nexport GIT_EDITOR=true\n${script}`, { options })
  expect({ code, stderr: code === 0 ? "" : stderr }).toEqual({ code: 0, stderr: "" })
}

const noGit = lacks("git")
const noMake = lacks("make", "cc")
const noPython = lacks("python3")
const noNpm = lacks("npm")

describe.each([...liveWays])("live: %s:", mode => {
  test.skipIf(noGit)("git: commits, branches, rebase, gc, clone, stash [skipped when there is no git]", () =>
    works(
      mode,
      `
    git init -q -b main r; cd r; git config user.name T; git config user.email t@example.com
    for at in 1 2 3 4 5; do mkdir -p d$at; echo $at > d$at/f; git add .; git commit -qm c$at; done
    git checkout -q -b side HEAD~2; echo side > side; git add .; git commit -qm side
    git rebase -q main; git checkout -q main; git merge -q side; git tag v1
    echo dirty > d1/f; git stash -q; git stash pop -q; git checkout -q .
    git gc -q --prune=now; git repack -adq; git fsck; git reflog > /dev/null; git clean -fdq; git mv side moved; git commit -qm moved
    cd ..; git clone -q r copy; cd copy; git pull -q; git fetch -q; test -f moved; git branch -q -D main 2>/dev/null || true; git status
  `,
    ),
  )

  test.skipIf(noMake)("make -j2 of a program in C [skipped when there is no make or cc]", () =>
    works(
      mode,
      `
    for at in $(seq 12); do printf 'int f%s(void) { return %s; }\\n' $at $at > f$at.c; done
    echo 'int main(void) { return 0; }' > main.c
    printf 'all: prog lib.a\\nprog: main.o $(patsubst %%.c,%%.o,$(wildcard f*.c))\\n\\tcc -o $@ $^\\nlib.a: f1.o f2.o\\n\\tar rcs $@ $^\\n' > Makefile
    make -s -j2; ./prog; make -s -j2 -B
  `,
    ),
  )

  test.skipIf(noPython)(
    "python: a virtual environment, compiled modules, many files [skipped when there is no python3]",
    () =>
      works(
        mode,
        `
    python3 -m venv --without-pip env; env/bin/python -c 'import sys; assert sys.prefix != sys.base_prefix'
    mkdir src; for at in $(seq 100); do echo "x = $at" > src/m$at.py; done; python3 -m compileall -q src
    python3 -c 'import sqlite3; d = sqlite3.connect("db"); d.execute("create table t (x)"); d.executemany("insert into t values (?)", [(n,) for n in range(1000)]); d.commit()'
    python3 -c 'import tempfile, os; f = tempfile.NamedTemporaryFile(dir="."); f.write(b"x"); t = tempfile.TemporaryFile(dir="."); t.write(b"x")'
  `,
      ),
  )

  test("tar, cp, find and rm with thousands of files", () =>
    works(
      mode,
      `
    mkdir tree; cd tree; for d in $(seq 40); do mkdir -p d$d/e; for f in $(seq 50); do echo $f > d$d/e/f$f; done; ln -s e d$d/l; done; cd ..
    tar cf tree.tar tree; mkdir out; tar xf tree.tar -C out; diff -r tree out/tree; cp -a tree copy; cp -al tree links
    find copy -type f -exec chmod 600 {} +; mv copy moved; rm -rf tree out moved links; test ! -e tree; ls
  `,
    ))

  test.skipIf(noNpm)("npm: packages that are at hand [skipped when there is no npm]", () =>
    works(
      mode,
      `
    mkdir a b app; echo '{"name":"a","version":"1.0.0","bin":"a.js"}' > a/package.json; echo '#!/usr/bin/env node' > a/a.js
    echo '{"name":"b","version":"1.0.0"}' > b/package.json; (cd a; npm pack --silent); (cd b; npm pack --silent)
    cd app; echo '{"name":"app","version":"1.0.0"}' > package.json
    npm install --silent --offline --no-audit --no-fund ../a/a-1.0.0.tgz ../b/b-1.0.0.tgz; node_modules/.bin/a; npm uninstall --silent --offline a; test ! -e node_modules/a
    rm -r node_modules; npm ci --silent --offline --no-audit --no-fund; node -e 'require("b/package.json")'
  `,
    ),
  )
})
