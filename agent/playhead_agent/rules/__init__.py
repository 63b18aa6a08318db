"""The rule-based planner: a graph that needs no chat model."""
