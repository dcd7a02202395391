import { describe, expect, test } from "bun:test"
import { guardOfName } from "../../src/policy/guarded-names.ts"

describe("names that * does not mean", () => {
  test.each([
    "metadata",
    "metadata.goog",
    "metadata.google.internal",
    "metadata.tencentyun.com",
    "instance-data",
    "instance-data.ec2.internal",
  ])("%s, of a metadata service, is opened by its own name only", name => {
    expect(guardOfName(name)).toEqual({ what: "name of a metadata service", openedBy: "name" })
  })

  test.each([
    ["localhost", "name of the sandbox itself"],
    ["db.localhost", "name of the sandbox itself"],
    ["printer.local", "name of the local network"],
    ["nas.lan", "name of the local network"],
    ["hub.home.arpa", "name of the local network"],
    ["vault.corp.internal", "name of a private network"],
    ["internal", "name of a private network"],
    ["api.default.svc", "name of a cluster"],
    ["api.default.svc.cluster.local", "name of the local network"],
    // what container engines call their host
    ["host.docker.internal", "name of a private network"],
    ["gateway.docker.internal", "name of a private network"],
    ["host.containers.internal", "name of a private network"],
    ["host.lima.internal", "name of a private network"],
  ])("%s: %s", (name, what) => {
    expect(guardOfName(name)).toEqual({ what, openedBy: "name or suffix" })
  })

  test.each([
    "github.com",
    "local.example",
    "notlocal",
    "mylan",
    "internal.example.com",
    "localhost.example.com",
    "metadata.example.com",
    "svc.example",
    "arpa",
    "home",
    "xinternal",
    "instance-data.example",
    "cluster.locals",
  ])("%s is a name like any other", name => {
    expect(guardOfName(name)).toBeUndefined()
  })
})
