import { expect, test } from "bun:test"
import { authorityOf } from "../../../src/network/http/authority.ts"

test.each([
  ["github.com", "github.com", undefined],
  ["GitHub.COM.", "github.com", undefined],
  ["github.com:443", "github.com", 443],
  ["db:5432", "db", 5432],
  ["localhost:00080", "localhost", 80],
  ["10.0.0.1", "10.0.0.1", undefined],
  ["10.0.0.1:8080", "10.0.0.1", 8080],
  ["[::1]", "::1", undefined],
  ["[2001:DB8:0:0::1]:443", "2001:db8::1", 443],
  ["[::ffff:10.0.0.1]:80", "10.0.0.1", 80],
  ["a.example:65535", "a.example", 65535],
])("%s is for %s, port %p", (text, host, port) => {
  expect(authorityOf(text)).toEqual({ host, port })
})

test.each([
  ["nothing", ""],
  ["a port alone", ":80"],
  ["an empty port", "a.example:"],
  ["port 0", "a.example:0"],
  ["a port beyond all ports", "a.example:65536"],
  ["a port of six digits", "a.example:000080"],
  ["a port that is no number", "a.example:http"],
  ["a port with a sign", "a.example:+80"],
  ["a port with a space", "a.example: 80"],
  ["two ports", "a.example:80:80"],
  ["a user", "user@a.example"],
  ["a user and a password", "a.example:80@b.example"],
  ["two hosts", "a.example,b.example"],
  ["two hosts with a space between them", "a.example b.example"],
  ["a path", "a.example/b"],
  ["a backslash", "a.example\\b"],
  ["percent signs", "%61.example"],
  ["a short address", "127.1"],
  ["an octal address", "0177.0.0.1"],
  ["an address as one number", "2130706433"],
  ["an address of version 6 without brackets", "::1"],
  ["a bracket that is left open", "[::1"],
  ["a name in brackets", "[a.example]"],
  ["an address of version 4 in brackets", "[10.0.0.1]"],
  ["a zone", "[fe80::1%eth0]"],
  ["something after the brackets", "[::1]x"],
  ["a space at the end", "a.example "],
  ["a line break at the end", "a.example\n"],
])("%s is no host", (_, text) => expect(authorityOf(text)).toBeUndefined())
