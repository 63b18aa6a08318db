"""What compression costs in accuracy and saves in prefill: nano-vlm on the made world, method by method.

`clips` paints what is asked about, `looking` encodes it once, `methods` choose among its tokens within a
budget, `reading` asks the model, `experiment` sets accuracy against the keep ratio.
"""
