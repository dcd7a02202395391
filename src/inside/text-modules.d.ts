/** Files that the build puts into the program as text. */
declare module "*.cjs" {
  const text: string
  export default text
}
