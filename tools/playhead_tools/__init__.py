"""What can be done with a question: read it, search, read words, compute with times, check citations."""
