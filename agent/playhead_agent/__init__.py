"""The agent: a question goes in, an answer whose every citation was checked comes out."""
