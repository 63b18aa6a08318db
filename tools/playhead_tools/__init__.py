"""What can be done with a question: read it, search, read words, reckon with times, check citations."""
