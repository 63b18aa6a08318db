"""A synthetic benchmark: stories whose every event is known, painted and encoded as real videos.

`stories` writes them (`lecture`, `street`, `interview`), `render` encodes one as an MP4 with a subtitle
track and its truth beside it, `questions` asks what the truth can answer and what it cannot.
"""
