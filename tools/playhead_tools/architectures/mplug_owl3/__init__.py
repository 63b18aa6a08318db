"""mPLUG-Owl3 (Ye et al., 2024, arXiv:2408.04840): frames attended to by four layers instead of spliced.

Two generations were released: 240728 mixes self-attention and cross-attention by a gate, 241014 and 241101
take one softmax over visual and text keys. Which one a checkpoint is follows from its weights.
"""
