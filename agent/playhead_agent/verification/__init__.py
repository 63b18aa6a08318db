"""Claims held against evidence: by code, then by a judge of meaning that a probe found good enough."""
