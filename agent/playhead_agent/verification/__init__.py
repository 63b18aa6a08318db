"""Claims checked against evidence: by code, then by an entailment judge that a probe found good enough."""
