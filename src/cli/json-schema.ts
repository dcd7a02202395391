/** The JSON Schema of a policy, from the one schema that checks it. */
import { toJsonSchema } from "@valibot/to-json-schema"
import { policyFileSchema } from "../policy/schema.ts"

/** JSON Schema draft 7, for editors: put `# yaml-language-server: $schema=…` on top of a policy. */
export function policyJsonSchema(): object {
  // Checks that JSON Schema has no word for (NUL bytes, host bits) stay with `cordon check`.
  return { title: "Cordon policy", ...toJsonSchema(policyFileSchema, { errorMode: "ignore" }) }
}
