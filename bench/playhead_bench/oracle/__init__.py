"""Encoders that are told the truth, so that search is known as a function of how good its vectors are."""
