"""Language models that plan, word and judge: one protocol, whatever serves them."""
