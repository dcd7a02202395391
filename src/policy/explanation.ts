/** What `explain` has to say; the same for people, for programs and for the library. */
export type Explanation = {
  subject: string
  kind: "path" | "host" | "variable"
  /** deny, private, read, write · allow, deny, ask · pass, remove, set */
  verdict: string
  /** the deciding rule with its layer and place */
  rule: string
  layer: string
  source: string
  /** what would have to be known besides: where a link leads, what does not hold yet, which flag would change it */
  notes: string[]
  /** rules that matched and lost */
  lost: { rule: string; layer: string; source: string }[]
}
