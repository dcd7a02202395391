import { backendContract } from "./backend.ts"

backendContract("bubblewrap", {
  "hands SIGTERM on to the command":
    "bubblewrap runs with nothing of Cordon's beside it: it hands no signal on, and its end ends the command",
  "takes as many words as the system does":
    "bubblewrap takes 9,000 words in all; Cordon refuses more with a sentence",
})
