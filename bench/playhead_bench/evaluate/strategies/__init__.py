"""Ways to choose what an answerer sees of a video: from nothing, over search, to the gold clips."""
