/** Where programs of a user keep their things. */
import { absolutePath } from "../base/path.ts"

/** XDG base directories (XDG Base Directory Specification 0.8) with their defaults; a relative value is ignored. */
export function xdgDirectories(
  home: string,
  environment: Readonly<Record<string, string | undefined>>,
): Record<string, string> {
  const place = (value: string | undefined, below: string) =>
    value?.startsWith("/") ? absolutePath(value, "/") : `${home}/${below}`
  return {
    XDG_CACHE_HOME: place(environment.XDG_CACHE_HOME, ".cache"),
    XDG_CONFIG_HOME: place(environment.XDG_CONFIG_HOME, ".config"),
    XDG_DATA_HOME: place(environment.XDG_DATA_HOME, ".local/share"),
    XDG_STATE_HOME: place(environment.XDG_STATE_HOME, ".local/state"),
  }
}
