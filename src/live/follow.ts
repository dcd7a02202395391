/** Links one after the other (path_resolution(7)). */
import { errno } from "../kernel/file-flags.ts"
import type { Place } from "./place.ts"

/** More links in a row than this are no path. */
export const linksMax = 40

/** Where the name is a link, what it leads to takes its place. @returns 0, or -errno */
export function followLinks(place: Place): number {
  for (let links = 0; links < linksMax; links++) {
    const followed = place.followOneLink()
    if (followed <= 0) return followed
  }
  return -errno.tooManyLinks
}
