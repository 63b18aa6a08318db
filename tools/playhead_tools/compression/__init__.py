"""Fewer visual tokens for a video-LLM: which frames, how many tokens for each, and which ones.

Pure functions on arrays and tensors; none of them knows a model. `records` says what goes in and what was
kept. `prune` and `reduce` drop what repeats itself, window by window; `choose` and `determinantal` take the
frames that fit a question; `plan` and `shares` give each its part of a budget; `importance` and `ranking`
sort the tokens of a frame once for all questions; `guidance` lets the question have its say about them too.
`longvu` and `longvu_grid` are LongVU's own rules, `peers` and `baselines` what a benchmark compares with.
"""
