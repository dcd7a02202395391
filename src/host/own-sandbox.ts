/** Whether this runs inside a sandbox of Cordon's: for what people are told, never for what is allowed. */
export function isInOwnSandbox({
  CORDON,
  CORDON_SESSION,
}: Readonly<Record<string, string | undefined>>): boolean {
  return CORDON === "1" && !!CORDON_SESSION
}
