"""Where steps stand in what a processor wrote."""

import pytest

from playhead_tools.video_llm.model_families import FAMILIES, Family
from playhead_tools.video_llm.token_spans import StepSpan, step_spans, with_times

QWEN3 = FAMILIES["qwen3_vl"]
WRITTEN = "<0.5 seconds><|vision_start|><|video_pad|><|vision_end|>"


def test_time_and_marks_belong_to_their_step() -> None:
    spans = step_spans(WRITTEN * 2, "<|video_pad|>", 2, 1, QWEN3)
    assert spans == [StepSpan(0, 29, 42, 56), StepSpan(56, 85, 98, 112)]


def test_an_introduction_belongs_to_no_step() -> None:
    around = "<fake_token_around_image>"
    written = f"Ten frames.\n\nFrame from 00:07:{around}<global-img><image>{around}"
    (span,) = step_spans(written, "<image>", 1, 1, FAMILIES["smolvlm"])
    assert written[span.opens : span.first].startswith("\nFrame from 00:07:<fake")
    assert span.opens == len("Ten frames.\n")


def test_our_times_stand_where_the_models_own_stood() -> None:
    written = "Frame1: <img><c></img>\nFrame2: <img><c></img>"
    labels = ["Frame 5 at 1.0 s: ", "Frame 6 at 2.0 s: "]
    assert with_times(written, "<c>", 2, 1, FAMILIES["internvl"], labels) == (
        "Frame 5 at 1.0 s: <img><c></img>\nFrame 6 at 2.0 s: <img><c></img>"
    )


def test_spans_are_found_again_after_times_were_written() -> None:
    family = FAMILIES["llava_onevision"]
    written = with_times(
        "<video>" * 3, "<video>", 2, 1, family, ["\nFrame 1 at 1.0 s: ", "\nFrame 2 at 2.0 s: "]
    )
    first, second = step_spans(written, "<video>", 2, 1, family)
    assert (first.opens, second.opens) == (0, first.closes)
    assert written.endswith("<video><video>")


def test_too_few_placeholders_are_an_error() -> None:
    with pytest.raises(ValueError, match=r"expected 2 \* 3 placeholders, got 2"):
        step_spans(WRITTEN * 2, "<|video_pad|>", 2, 3, QWEN3)


BARE = Family("any")


@pytest.mark.parametrize(
    ("written", "around"),
    [
        ("<s>1.0 s<v><e><s>2.5 s<v><e>", ["<s>1.0 s<v><e>", "<s>2.5 s<v><e>"]),
        ("<s><v><e>3<s><v><e>14", ["<s><v><e>3", "<s><v><e>14"]),
        ("00:01 <s><v><e> 00:02 <s><v><e>", ["00:01 <s><v><e>", " 00:02 <s><v><e>"]),
        ("<in>1s<v><frame_end>2s<v><video_end>", ["1s<v>", "<frame_end>2s<v>"]),
        ("<v><v>", ["<v>", "<v>"]),
        ("<s><v><e>", ["<v>"]),
    ],
    ids=["before", "after", "between", "a mark between", "one run", "one step"],
)
def test_words_around_steps_are_found_by_comparing(written: str, around: list[str]) -> None:
    spans = step_spans(written, "<v>", len(around), 1, BARE)
    assert [written[span.opens : span.closes] for span in spans] == around
