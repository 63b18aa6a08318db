"""Robustness runs of the product: killed commands, mutated inputs, and small inputs it was once wrong on."""
