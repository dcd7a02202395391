/**
 * Messages to the name server, most of them damaged. Nothing throws; what is answered is a whole message, an answer to
 * that question and short enough for every resolver; an address is given for a host name, the same one each time, and to
 * no other name; and no message makes the server hold more than its bounds.
 */
import { deepEqual, equal, ok } from "node:assert/strict"
import fc from "fast-check"
import { canonicalHostName } from "../../src/network/names/host-name.ts"
import { answerTo } from "../../src/network/names/name-answers.ts"
import { SyntheticNames } from "../../src/network/names/synthetic-names.ts"
import { codes, optRecord, type Question, question, readAnswer, types } from "../support/dns-messages.ts"
import { target } from "./target.ts"

const label = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.constantFrom(
      "a",
      "B",
      "example",
      "com",
      "localhost",
      "in-addr",
      "arpa",
      "198",
      "18",
      "1",
      "_x",
      "xn--bcher-kva",
      "onion",
    ),
  },
  {
    weight: 1,
    arbitrary: fc.constantFrom("-", "a-", "a b", "\0", "a.b", "\\046", "\xff", "0x7f", "*", "x".repeat(63)),
  },
)
const name = fc.array(label, { maxLength: 7 })

const wire = (labels: readonly string[]): Buffer =>
  Buffer.concat([
    ...labels.map(text => Buffer.from(`${String.fromCharCode(text.length)}${text}`, "latin1")),
    Buffer.alloc(1),
  ])

const asked = fc
  .record({
    labels: name,
    type: fc.oneof(fc.constantFrom(...Object.values(types)), fc.nat({ max: 0xffff })),
    class: fc.oneof(
      { weight: 6, arbitrary: fc.constant(1) },
      { weight: 1, arbitrary: fc.nat({ max: 0xffff }) },
    ),
    id: fc.nat({ max: 0xffff }),
    flags: fc.oneof(
      { weight: 6, arbitrary: fc.constant(0x0100) },
      { weight: 1, arbitrary: fc.nat({ max: 0xffff }) },
    ),
    records: fc.array(
      fc
        .record({
          version: fc.nat({ max: 2 }),
          dnssecOk: fc.boolean(),
          data: fc.uint8Array({ maxLength: 30 }),
        })
        .map(optRecord),
      { maxLength: 2 },
    ),
  })
  .map(({ labels, ...rest }) => ({ ...rest, name: wire(labels), labels }))

const damage = fc.record({
  at: fc.nat({ max: 120 }),
  drop: fc.nat({ max: 3 }),
  put: fc.uint8Array({ maxLength: 4 }),
})
const message = fc.oneof(
  { weight: 8, arbitrary: fc.record({ asked, damages: fc.array(damage, { maxLength: 3 }) }) },
  { weight: 1, arbitrary: fc.record({ garbage: fc.uint8Array({ maxLength: 600 }) }) },
)

const bounds = { namesMax: 20, charactersMax: 600, askedMs: 10, dialledMs: 100 }

export const dnsMessages = target(
  { name: "dns-messages", weight: 1, runs: 1000 },
  fc.array(message, { minLength: 1, maxLength: 60 }),
  messages => {
    let ms = 0
    const names = new SyntheticNames({ ...bounds, now: () => ms })
    for (const made of messages) {
      ms += 1
      if ("garbage" in made) check(Buffer.from(made.garbage), names)
      else {
        const whole = question(made.asked)
        const damaged = made.damages.reduce(
          (bytes, { at, drop, put }) =>
            Buffer.concat([bytes.subarray(0, at), put, bytes.subarray(at + drop)]),
          whole,
        )
        check(damaged, names)
        if (made.damages.length === 0) checkWhole(made.asked, names)
      }
    }
  },
)

/** Whatever came: silence, or an answer to it. */
function check(bytes: Buffer, names: SyntheticNames): void {
  const answer = answerTo(bytes, names)
  if (answer === undefined) {
    ok(bytes.length < 12 || (bytes.readUInt16BE(2) & 0x8000) !== 0)
    return
  }
  ok(answer.length <= 512)
  const read = readAnswer(answer)
  equal(read.id, bytes.readUInt16BE(0))
  ok(read.flags.answer && !read.flags.truncated)
  ok(read.records.length <= 1)
  if (read.question === undefined) deepEqual(read.records, [])
  for (const { name, type, data } of read.records) {
    equal(name, read.question?.name)
    equal(type, read.question?.type)
    if (type === types.A && data !== "127.0.0.1") equal(names.nameOf(data), canonicalHostName(name))
  }
}

/** A question that is as it must be is answered with an address exactly when it asks for one of a host name. */
function checkWhole(asked: Question & { labels: string[] }, names: SyntheticNames): void {
  const isQuestion = asked.flags !== undefined && (asked.flags & 0xf800) === 0
  const isPlain = isQuestion && asked.records?.length === 0 && asked.class === 1 && asked.type === types.A
  if (!isPlain || asked.labels.some(label => label.includes("."))) return
  const text = asked.labels.join(".")
  const { code, records } = readAnswer(answerTo(question(asked), names))
  const isHost = canonicalHostName(text) !== undefined && !/(^|\.)(onion|(in-addr|ip6)\.arpa)$/i.test(text)
  if (!isHost) deepEqual(records, [])
  else ok(code === codes.SERVFAIL || records.length === 1, text)
  if (records.length === 1) deepEqual(readAnswer(answerTo(question(asked), names)).records, records)
}
