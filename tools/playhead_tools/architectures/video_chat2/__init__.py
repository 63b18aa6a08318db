"""VideoChat2 (Li et al., 2023, arXiv:2311.17005): UMT tower, Q-Former that reads the question, Mistral."""
