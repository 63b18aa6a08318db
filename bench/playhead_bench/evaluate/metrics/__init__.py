"""Metrics as pure functions on arrays; every value is a part of 1, percentages are made when shown."""
