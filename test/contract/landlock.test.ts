import { backendContract } from "./backend.ts"
import { skips } from "./skips.ts"

// It cannot carry the network mode that holds when nobody says anything.
backendContract("landlock", skips.landlock, { CORDON_NET: "off" })
