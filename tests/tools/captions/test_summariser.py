"""Summaries out of captions: with no model at all, and by a video-LLM that looks again."""

from collections.abc import Sequence

import numpy as np
import pytest
from tests.tools.captions.made_segments import captions

from playhead_index.decode import Frame
from playhead_index.errors import ModelOutputInvalid
from playhead_index.window import Window
from playhead_index.words.protocol import Words
from playhead_tools.captions.caption import Caption
from playhead_tools.captions.summariser import (
    Extractive,
    Piece,
    VideoSummariser,
    common_terms,
    sum_basic,
    truncate_parts,
)
from playhead_tools.testing import ScriptedVideoLLM


def piece(*texts: str) -> Piece:
    parts = captions(*texts)
    return Piece("chapter", "v", Window(0.0, parts[-1].window.end_s), parts)


def pictures(video_id: str, times_s: Sequence[float]) -> list[Frame]:
    return [Frame(t, np.zeros((8, 8, 3), dtype=np.uint8)) for t in times_s]


def test_common_words_of_captions_come_first_then_new_ones() -> None:
    found = Extractive().summarise(
        piece("A man cooks rice.", "A bird sings.", "A man stirs the rice in a pot.", "A man eats rice.")
    )
    assert found.text == "A man cooks rice. A bird sings."
    assert found.keywords[:2] == ("man", "rice")


def test_a_sentence_that_is_said_twice_is_taken_once() -> None:
    assert Extractive().summarise(piece("A dog runs.", "A dog runs.")).text == "A dog runs."


def test_keywords_of_captions_count_as_words() -> None:
    found = common_terms([Caption("A dog.", ("park",)), Caption("A cat.", ("park",))])
    assert found == ["park", "dog", "cat"]


def test_sum_basic_turns_to_words_not_covered_yet() -> None:
    assert sum_basic([["a"], ["a"], ["a"], ["b"]], max_sentences=4)[:2] == [0, 1]
    assert sum_basic([["a", "c"], ["a", "d"], ["b"], ["b"]], max_sentences=2) == [0, 2]


def test_sentences_without_words_give_the_first() -> None:
    assert sum_basic([[], []], max_sentences=2) == [0]
    assert sum_basic([], max_sentences=2) == []


def test_a_video_llm_sees_pictures_of_the_stretch_and_its_captions_as_words() -> None:
    model = ScriptedVideoLLM([{"caption": "A day out.", "keywords": ["dog"]}])
    found = VideoSummariser(model, pictures).summarise(piece("A dog runs.", "A dog sleeps."))
    assert found == Caption("A day out.", ("dog",))
    (clip,) = model.requests[0].clips
    assert clip.pts_s.tolist() == [1.25, 3.75, 6.25, 8.75, 11.25, 13.75, 16.25, 18.75]
    assert [words.text for words in clip.words] == ["A dog runs.", "A dog sleeps."]


def test_a_video_llm_that_fills_no_form_is_refused() -> None:
    with pytest.raises(ModelOutputInvalid, match="asked twice"):
        VideoSummariser(ScriptedVideoLLM(["no", "no"]), pictures).summarise(piece("A dog runs."))


def test_parts_share_the_room_so_that_the_last_is_included() -> None:
    long = [Words("caption", "m", Window(i, i + 1), "word " * 100) for i in range(10)]
    cut = truncate_parts(long, max_chars=2_000)
    assert {len(words.text) for words in cut} == {130}
    assert cut[-1].text.endswith("…")
