"""Questions that people asked about real recordings: `search`, `ask` and baselines scored in one run."""
