import { backendContract } from "./backend.ts"
import { skips } from "./skips.ts"

backendContract("bubblewrap", skips.bubblewrap)
