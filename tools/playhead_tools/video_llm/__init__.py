"""Watching: a video-LLM looks at clips and says what they show, citing only frames that it was given."""
