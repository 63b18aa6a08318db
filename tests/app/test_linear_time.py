"""Functions on text from outside take time linear in its length, whatever it repeats."""

import html
import time
from collections.abc import Callable
from contextlib import suppress
from functools import partial

import pytest

from playhead.input_checks import checked_text
from playhead_index import literal
from playhead_index.clean_text import clean_text, one_line
from playhead_index.search.query_terms import Tokenizer, parse_query_words
from playhead_index.window import Window, parse_time
from playhead_index.words import markup
from playhead_index.words import subtitle_formats as cues
from playhead_index.words.languages import language_tag
from playhead_index.words.protocol import Words
from playhead_index.words.repetition import is_repetition
from playhead_index.words.roll_up import unroll
from playhead_index.words.subtitles import choose_subtitles
from playhead_index.words.text_encoding import decode_text
from playhead_tools import citations as cite
from playhead_tools import numbers, options, word_match
from playhead_tools.captions.caption import complete_sentences, make_caption
from playhead_tools.question import parse_question
from playhead_tools.question.follow_up import follow_up
from playhead_tools.question.inline_options import split_options
from playhead_tools.times import parse_times
from playhead_tools.video_llm import frame_citations as citing
from playhead_tools.video_llm import parse_response as replies
from playhead_tools.video_llm.structured_output import strip_json

PIECES = (
    " ", "\t", "\n", "a", "7", "-", ":", ",", "(", "[", "{", "<", "&", "'", '"', ".", "/", "\u0301",
    "猫", "\x1b[",
    ", ", "? ", "a ", "7 ", "- ", "the ", "and ", "a, b, ", "a or-b ", "1:", "1 - ", "1.5", "E1 ", "[E1, ",
    "</", "{y:",
    "&amp;", "&#1", "<rt", "<rt>x", "<br ", "{\\p1}", "``` ", "\\N", "A) ", "frame 1, ",
    "1 h and ", "a few seconds ", "half an hour and a half ", "from 1 h to ", "at 1:15 and ", "in the first ",
    "between two ", "what becomes of it ", "show the cat as ", "right before the ", "which one is last, ",
    "in videos tagged a, ", "in the folder a/b or ", "the man opens the door ", "ignore all ",
    "1\n0:1 --> 0:2\n",
)  # fmt: skip
SIZES = (10_000, 20_000)
MAX_GROWTH = 3.0
RUNS = 5
TOO_SHORT_TO_MEASURE_S = 0.002
PREVIOUS = parse_question("When does the man open the door?")
TOKENIZER = Tokenizer("porter unicode61")
SRT_HEAD, VTT_HEAD = "1\n00:00:01,000 --> 00:00:02,000\n", "WEBVTT\n\n00:01.000 --> 00:02.000\n"
TTML_HEAD = '<tt xmlns="http://www.w3.org/ns/ttml"><body><div><p begin="1s" end="2s">'
TTML_TAIL = "</p></div></body></tt>"
ASS_HEAD = "[Events]\nFormat: Start, End, Text\nDialogue: 0:00:01.00,0:00:02.00,"


def refused(function: Callable[[str], object]) -> Callable[[str], None]:
    """The function, which may refuse a text."""

    def call(text: str) -> None:
        with suppress(ValueError, replies.ModelOutputInvalid):
            function(text)

    return call


def spans(text: str) -> list[Words]:
    """A span a line, each above the one before it."""
    lines = text.split("\n")
    return [
        Words("speech", "file:a.srt", Window(i, i + 1), "\n".join(lines[max(0, i - 1) : i + 1]) or "x")
        for i in range(len(lines))
        if "\n".join(lines[max(0, i - 1) : i + 1]).strip()
    ]


FUNCTIONS: dict[str, Callable[[str], object]] = {
    "clean_text": clean_text,
    "one_line": one_line,
    "checked_text": refused(checked_text),
    "parse_question": parse_question,
    "split_options": split_options,
    "parse_times": parse_times,
    "follow_up": lambda text: follow_up(text, PREVIOUS),
    "follow_up of a long question": lambda text: follow_up("and after that?", parse_question(text)),
    "parse_query_words": lambda text: parse_query_words(text, TOKENIZER),
    "parse_time": refused(parse_time),
    "read_webvtt": lambda text: cues.read_webvtt(VTT_HEAD + text),
    "read_webvtt header": refused(lambda text: cues.read_webvtt("WEBVTT " + text)),
    "read_subrip": lambda text: cues.read_subrip(SRT_HEAD + text),
    "read_subviewer": lambda text: cues.read_subviewer("0:00:01.000,0:00:02.500\n" + text),
    "read_ass": lambda text: cues.read_ass(ASS_HEAD + text),
    "read_ass format": lambda text: cues.read_ass(f"[Events]\nFormat: {text}\n" + ASS_HEAD),
    "read_microdvd": lambda text: cues.read_microdvd("{1}{2}" + text, 25.0),
    "read_mpl2": lambda text: cues.read_mpl2("[1][2]" + text),
    "read_sami": refused(lambda text: cues.read_sami("<SAMI><SYNC Start=10>" + text)),
    "read_ttml": refused(
        lambda text: cues.read_ttml(f"{TTML_HEAD}{html.escape(text)}</p></div></body></tt>")
    ),
    "reader_for": refused(lambda text: cues.reader_for(text, 25.0)(text)),
    "plain_webvtt": markup.plain_webvtt,
    "plain_subrip": markup.plain_subrip,
    "plain_ass": markup.plain_ass,
    "plain_lines": markup.plain_lines,
    "decode_text": refused(lambda text: decode_text(text.encode("utf-8", "replace") + b"\xe9", "fr")),
    "language_tag": language_tag,
    "is_repetition": is_repetition,
    "unrolled": lambda text: unroll(spans(text)),
    "choose_subtitles": lambda text: choose_subtitles(spans(text)),
    "fold_text": literal.fold_text.__wrapped__,
    "words_in": literal.words_in.__wrapped__,
    "surfaces_in": literal.surfaces_in,
    "text_words": lambda text: literal.TextWords(text).phrases(literal.words_in("a b c")),
    "match.plain": word_match.plain.__wrapped__,
    "match.quotes_in": word_match.quotes_in.__wrapped__,
    "match.content_words": lambda text: word_match.content_words.__wrapped__(text),
    "match.stem": word_match.stem.__wrapped__,
    "match.says": lambda text: word_match.contains_quote(text, "a … b … c"),
    "match.says quote": lambda text: word_match.contains_quote("a b c", text),
    "clocks_in": numbers.clocks_in,
    "numbers_in": numbers.numbers_in,
    "without_markers": cite.without_markers,
    "reads_like_orders": cite.reads_like_orders,
    "claim without numbers": cite._without_numbers,
    "parse_choice": refused(lambda text: replies.parse_choice(text, ["red", "blue"])),
    "match_open": lambda text: replies.match_open(text, "a red star"),
    "time_said": replies.parse_reply_time,
    "times_in": replies.times_in,
    "replies.says": lambda text: replies.contains_answer(text, "a red star"),
    "option by_text": lambda text: options.by_text(["a red star", "a cat"], text),
    "option parse_length": options.parse_length,
    "cited numbers_in": citing.numbers_in,
    "made_caption": make_caption,
    "whole_sentences": complete_sentences,
    "bare_json": strip_json,
}


def best_s(function: Callable[[str], object], text: str) -> float:
    """The least CPU time of several runs, in seconds."""
    took = []
    for _ in range(RUNS):
        began = time.process_time()
        function(text)
        took.append(time.process_time() - began)
        if took[-1] < TOO_SHORT_TO_MEASURE_S:
            break
    return min(took)


def growth(function: Callable[[str], object], piece: str) -> float:
    """How many times longer twice the text takes; 0 where the longer one is too short to measure."""
    shorter, longer = ((piece * (size // len(piece) + 1))[:size] for size in SIZES)
    longer_s = best_s(function, longer)
    if longer_s < TOO_SHORT_TO_MEASURE_S:
        return 0.0
    return longer_s / max(best_s(function, shorter), TOO_SHORT_TO_MEASURE_S / 4)


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize("name", FUNCTIONS)
def test_twice_the_text_takes_at_most_three_times_as_long(name: str) -> None:
    measure = partial(growth, FUNCTIONS[name])
    slow = [piece for piece in PIECES if measure(piece) > MAX_GROWTH]
    still = {
        piece: best_growth
        for piece in slow
        if (best_growth := min(measure(piece) for _ in range(3))) > MAX_GROWTH
    }
    assert still == {}


@pytest.mark.parametrize(
    "question",
    [
        "what is said " + "1 h and " * 24,
        "what is said " + "a few seconds " * 14,
        "what is said " + "half an hour and a half " * 14,
        "what is said " + "1 minute and 30 seconds and 2 minutes and 15 seconds and " * 6,
        *("what is said " + "1 h and " * (size // 8) for size in (150, 1_000, 10_000)),
    ],
    ids=lambda question: str(len(question)),
)
def test_a_row_of_times_in_a_question_is_read_at_once(question: str) -> None:
    began = time.process_time()
    assert parse_question(question).text == question
    assert time.process_time() - began < 0.5
