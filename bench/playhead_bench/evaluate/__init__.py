"""The harness: benchmark formats, metrics that agree with the official scripts, strategies compared."""
