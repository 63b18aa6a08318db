"""Oracle encoders with ground truth plus noise, to measure search as a function of embedding quality."""
