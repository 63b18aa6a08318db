"""LongVU (Shen et al., 2024, arXiv:2410.17434): SigLIP and DINOv2 behind one aggregator, two resolutions."""
