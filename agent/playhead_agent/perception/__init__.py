"""Questions about what is shown: what to look at, what was seen, and what follows from it."""
