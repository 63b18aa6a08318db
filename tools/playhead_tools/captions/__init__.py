"""What videos show in words: a caption a segment at index time, chapters and whole videos when first needed.

`captioner` is the index's `Captioner` made of any `VideoLLM`; `hierarchy` makes and keeps the upper levels.
"""
