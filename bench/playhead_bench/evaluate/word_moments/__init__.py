"""Moment search on the words of real videos, no picture model at all: captions in, windows out."""
