import { backendContract } from "./backend.ts"

backendContract("bubblewrap", {})
