/** What options and variables say becomes a layer whose every value names the words that gave it. */
import { describe, expect, test } from "bun:test"
import { PolicyError } from "../../src/base/error.ts"
import { patternText } from "../../src/policy/path-pattern.ts"
import { withPresetSettings, wordsLayer } from "../../src/policy/words-layer.ts"
import { layerOf, pathRule, shortVariables } from "./naive-model.ts"

describe("words", () => {
  test("become rules of their layer, with the option as their source", () => {
    const layer = wordsLayer(
      "command line",
      {
        content: {
          filesystem: { deny: ["~/.aws", "x/*.pem"], write: ["out"], readonly: true },
          network: { mode: "off" },
          environment: { set: { A: "1" }, pass: ["B"] },
        },
        words: {
          "filesystem.deny.0": "--deny ~/.aws",
          "filesystem.deny.1": "--block x/*.pem",
          "filesystem.write.0": "--write out",
          "filesystem.readonly": "--ro",
          "network.mode": "-n",
          "environment.set.A": "--env A=…",
          "environment.pass.0": "--env B",
        },
      },
      shortVariables,
    )
    const told = layer.paths.map(rule => [rule.access, patternText(rule.value), rule.source.file, rule.layer])
    expect(told).toEqual([
      ["deny", "/b/.aws", "--deny ~/.aws", "command line"],
      ["deny", "/a/x/*.pem", "--block x/*.pem", "command line"],
      ["write", "/a/out", "--write out", "command line"],
    ])
    expect(layer.settings.readonly).toMatchObject({ value: true, source: { file: "--ro", line: 0 } })
    expect(layer.settings.networkMode).toMatchObject({ value: "off", source: { file: "-n" } })
    expect(layer.assignments).toMatchObject([{ name: "A", value: "1", source: { file: "--env A=…" } }])
    expect(layer.variables).toMatchObject([{ value: "B", verdict: "pass", source: { file: "--env B" } }])
    expect(layer.paths.some(({ locked }) => locked)).toBe(false)
  })

  test("without words the layer itself is named", () => {
    const content = { network: { mode: "open" as const } }
    const layer = wordsLayer("environment", { content, words: {} }, shortVariables)
    expect(layer.settings.networkMode?.source.file).toBe("environment")
  })

  test("no words, no rules", () => {
    expect(wordsLayer("environment", { content: {}, words: {} }, shortVariables)).toEqual(
      layerOf("environment"),
    )
  })

  test("that mean nothing are refused by name, all at once", () => {
    const policy = {
      content: { filesystem: { deny: ["$NOPE", "a[", "fine"] }, network: { allow: ["http://x"] } },
      words: {
        "filesystem.deny.0": "--deny $NOPE",
        "filesystem.deny.1": "--deny a[",
        "network.allow.0": "--allow-host http://x",
      },
    }
    try {
      wordsLayer("command line", policy, shortVariables)
      expect.unreachable()
    } catch (error) {
      if (!(error instanceof PolicyError)) throw error
      const files = error.problems.map(({ file }) => file)
      expect(files).toEqual(["--deny $NOPE", "--deny a[", "--allow-host http://x"])
    }
  })

  test("may not lock", () => {
    const content = { filesystem: { deny: [{ path: "/x", locked: true }] } }
    expect(() => wordsLayer("command line", { content, words: {} }, shortVariables)).toThrow(PolicyError)
  })
})

describe("a chosen preset", () => {
  const preset = layerOf("preset", {
    settings: { strict: true, networkMode: "off" },
    paths: [pathRule("deny", "/x", { layer: "preset" })],
  })

  test("lends its settings to the layer that chose it, below that layer's own", () => {
    const layer = withPresetSettings(layerOf("command line", { settings: { networkMode: "open" } }), preset)
    expect(layer.settings.strict).toMatchObject({ value: true, layer: "command line" })
    expect(layer.settings.networkMode?.value).toBe("open")
    expect(layer.name).toBe("command line")
  })

  test("lends no rules: those are in the preset's own layer already", () => {
    expect(withPresetSettings(layerOf("command line"), preset).paths).toEqual([])
  })

  test("leaves what the layer says alone, and a layer without a preset too", () => {
    const own = layerOf("command line", { paths: [pathRule("read", "/y", { layer: "command line" })] })
    expect(withPresetSettings(own, preset).paths).toEqual(own.paths)
    expect(withPresetSettings(own, undefined)).toEqual(own)
    expect(preset.settings.strict?.layer).toBe("preset")
  })
})
