"""Encoders: embeddings of images, texts and voices."""
