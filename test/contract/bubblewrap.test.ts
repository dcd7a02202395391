import { backendContract } from "./backend.ts"

backendContract("bubblewrap", {
  "hands SIGTERM on to the command":
    "bubblewrap runs with nothing of Cordon's beside it: it hands no signal on, and its end ends the command",
})
