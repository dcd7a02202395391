/** Which links are a person's, and which an agent of an earlier run could have left. */
import { expect, test } from "bun:test"
import { isPersons } from "../../src/host/persons-link.ts"

const home = "/home/me"
const project = "/home/me/work/p"

test.each([
  "/home/me/docs",
  "/home/me",
  "/data",
  "/var/run",
  "/opt/tool",
  "/usr/lib/x/y",
  "/etc/alternatives/vi",
])("%s is a person's", place => {
  expect(isPersons(place, { home, project })).toBe(true)
})

test.each([
  "/home/me/work/x",
  "/home/me/.cache/x",
  "/home/me/work/p/x",
  "/tmp/x",
  "/srv/app/x",
  "/var/tmp/x",
])("%s may be anybody's", place => {
  expect(isPersons(place, { home, project })).toBe(false)
})

test("nothing is a person's in a project, be it the home or the system's", () => {
  expect(isPersons("/home/me/docs", { home, project: home })).toBe(false)
  expect(isPersons("/usr/lib/x", { home, project: "/usr/lib" })).toBe(false)
})
