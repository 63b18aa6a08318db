"""Free answers graded by a chat model in five aspects (Maaz et al., 2023, arXiv:2306.05424)."""
