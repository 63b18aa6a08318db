"""Baseline strategies to compare the agent with: uniform, retrieve-once, captions, confidence-loop, skim."""
