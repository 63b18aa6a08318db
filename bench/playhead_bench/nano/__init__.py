"""Nano models: real classes at tiny sizes, trained here on the synthetic benchmark."""
