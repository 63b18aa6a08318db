"""Storage of runs: checkpoints, usage, answers, and the conversations read back from them."""
