"""The benchmarks: what Playhead costs, always beside a peer or a floor measured in the same process.

Each `b<number>_<name>` module has `run(size) -> dict`. `python -m playhead_bench.suite` runs them, one
process each, and writes what they gave with the load of the machine beside it.
"""
