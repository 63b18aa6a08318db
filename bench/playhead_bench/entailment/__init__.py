"""Claim pairs, a true paraphrase and a false claim of the same words, to measure judges of entailment."""
