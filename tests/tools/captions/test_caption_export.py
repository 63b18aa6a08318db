"""Captions as SubRip and WebVTT."""

from playhead_index.window import Window
from playhead_index.words.protocol import Words
from playhead_tools.captions.export import to_srt, to_webvtt

DOG = Words("caption", "caption:m", Window(0.0, 4.0), "A dog runs.\nkeywords: dog, park", confidence=0.8333)
LATE = Words("caption", "caption:m", Window(3661.0004, 3725.9996), "x --> <b>y</b> & z")


def test_srt_is_numbered_and_leaves_keywords_out() -> None:
    assert to_srt([DOG, LATE]) == (
        "1\n00:00:00,000 --> 00:00:04,000\nA dog runs.\n\n"
        "2\n01:01:01,000 --> 01:02:06,000\nx → <b>y</b> & z\n"
    )


def test_webvtt_is_escaped_and_notes_the_agreement() -> None:
    assert to_webvtt([DOG, LATE]) == (
        "WEBVTT\n\nNOTE agreement of samples 0.83\n\n00:00:00.000 --> 00:00:04.000\nA dog runs.\n\n"
        "01:01:01.000 --> 01:02:06.000\nx → &lt;b&gt;y&lt;/b&gt; &amp; z\n"
    )


def test_no_captions_are_an_empty_file_of_the_format() -> None:
    assert (to_srt([]), to_webvtt([])) == ("", "WEBVTT\n")
