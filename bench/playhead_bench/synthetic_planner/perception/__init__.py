"""Procedures that answer visual questions about the synthetic videos by searches and VLM calls."""
