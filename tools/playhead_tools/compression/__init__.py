"""Fewer visual tokens for a video-LLM: which frames, how many tokens for each, and which ones.

Pure functions on arrays and tensors; none of them knows a model. `records` says what goes in and what was
kept. `prune_frames` and `reduce_tokens` drop what repeats itself, window by window; `frame_selection` and
`determinantal` take the frames that fit a question; `budget_plan` and `share_tokens` give each its part of a
budget; `importance` and `token_ranking` sort the tokens of a frame once for all questions; `relevance` scores
frames and tokens by the question, and `text_guided` puts all of this together. `longvu` and `longvu_grid` are
LongVU's own rules, `published_methods` and `baselines` what a benchmark compares with.
"""
