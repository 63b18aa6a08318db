"""What a look of the VLM client takes by default."""

FRAMES_PER_CALL, FRAMES_PER_PLAIN_CALL = 16, 8
SHORT_SIDE_PX = 336
NEW_TOKENS, NEW_TOKENS_YES_NO, NEW_TOKENS_PLAIN = 1024, 64, 48
NEW_TOKENS_THINKING = 4096
"""For a model that has been seen to think aloud before it answers, whatever it is asked."""
MAX_IMAGES = 4
"""Images of one question; each takes as many tokens as a frame or more, in every look."""
