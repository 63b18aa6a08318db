"""Words that say of which kind a subtitle or sound track is, in the titles of tracks and in file names."""

KIND_WORDS = {
    "commentary": "commentary", "commentaries": "commentary", "comments": "commentary",
    "description": "descriptions", "descriptions": "descriptions", "descriptive": "descriptions",
    "forced": "forced", "foreign": "forced", "signs": "forced",
    "sdh": "sdh", "cc": "sdh", "caption": "sdh", "captions": "sdh",
    "translated": "translated", "translation": "translated",
    "karaoke": "karaoke", "lyrics": "lyrics",
}  # fmt: skip
"""The kind that each word says, in lower case."""
