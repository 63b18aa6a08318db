"""Accuracy and prefill time of token compression methods: nano-vlm on the synthetic benchmark.

`clips` paints the clips of the questions, `encode_clips` encodes them once, `methods` choose among their
tokens within a budget, `generate` runs the model, `experiment` sets accuracy against the keep ratio.
"""
