"""Words that name sounds and music in subtitles, as against names of speakers and what is said."""

_STEMS = """
    laugh chuckle giggle chortle cackle sigh gasp cough sneeze sniff sniffle snore snort sob cry weep groan
    grunt growl moan scream shriek shout yell whisper mumble mutter whistle clap applaud cheer sing hum kiss
    pant exhale inhale breathe buzz beep ring bark meow thud bang knock slam creak rumble speak
"""
_OTHER_SOUNDS = """
    laughter applause music musik musique música musica cries crying clapping humming inaudible unintelligible
    indistinct crosstalk silence pause throat chuckling giggling
"""
SOUNDS = frozenset(
    stem.removesuffix("e") + end if end.startswith(("e", "i")) else stem + end
    for stem in _STEMS.split()
    for end in ("", "s", "es", "ed", "ing")
) | frozenset(_OTHER_SOUNDS.split())
MUSIC = frozenset(
    ("music", "musik", "musique", "música", "musica", "muziek", "музыка", "音楽", "音乐", "음악")
)
