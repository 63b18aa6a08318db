"""Video-LLMs whose released code is their own: as models of transformers, loaded from the released files.

`splice` is the model that all are made from, `registry` the list of them. Modules that define layers import
torch and transformers and are imported by the loaders alone.
"""
