"""A synthetic benchmark: stories whose every event is known, painted and encoded as real videos.

`lecture`, `street_and_interview` and `random_video` write them, `render` encodes one as an MP4 with a
subtitle track and its truth beside it. `story_questions`, `clip_questions` and `video_questions` ask what the
truth can answer and what it cannot.
"""
