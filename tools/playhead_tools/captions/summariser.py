"""Summarisers of chapters and videos: the protocol, one without any model, and one with a video-LLM."""

import hashlib
import json
import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np

from playhead_index.decode import Frame
from playhead_index.errors import ModelOutputInvalid
from playhead_index.store.summaries import Level
from playhead_index.window import Window
from playhead_index.words.protocol import Words
from playhead_tools.captions.caption import Caption, CaptionForm, make_caption, parse_caption
from playhead_tools.video_llm.prompt import MAX_WORDS_CHARS, RULES
from playhead_tools.video_llm.protocol import Budget, Clip, VideoLLM, VlmRequest
from playhead_tools.video_llm.structured_output import ask_form
from playhead_tools.word_match import search_terms, stem

EXTRACTIVE = "extractive"
MAX_SENTENCES: dict[Level, int] = {"chapter": 2, "video": 3}
MAX_TERMS = 8
NEW_TOKENS = 320
NUM_FRAMES = 8
QUESTION = """The words are captions of this stretch of a video, in time order. Say in two to four sentences
what the stretch is about and how it goes on, from the captions and the frames. Give as keywords the people,
things, actions and places that matter in it, in words that somebody would search for."""
_SENTENCES = re.compile(r"(?<=[.!?。！？])\s+")
_TAG_CHARS = 70

LoadFrames = Callable[[str, Sequence[float]], Sequence[Frame]]
"""(video_id, ascending times in seconds) to the frames on the screen at these times."""


@dataclass(frozen=True, slots=True)
class Piece:
    """What is to be summed up.

    Args:
        level: `chapter` or `video`.
        video_id: in which video.
        window: which part of the video.
        parts: captions of its segments, or summaries of its chapters, in time order, at least one.
    """

    level: Level
    video_id: str
    window: Window
    parts: tuple[Words, ...]


class Summariser(Protocol):
    """Puts into a few sentences what several captions say; `Extractive` is one without a model."""

    name: str

    def summarise(self, piece: Piece) -> Caption:
        """Sentences and keywords.

        Raises:
            ModelOutputInvalid: the model gave nothing that holds.
            ModelUnavailable: it cannot be asked.
        """
        ...


class Extractive:
    """Takes the sentences whose words stand in most of the others, by SumBasic.

    SumBasic (Nenkova and Vanderwende, 2005, MSR-TR-2005-101): the likeliest word not yet covered is
    chosen, of the sentences that hold it the one with the likeliest words on average is taken, and what it
    covered counts by the square of its probability from then on.
    """

    name = EXTRACTIVE

    def summarise(self, piece: Piece) -> Caption:
        """Up to two sentences (three for a video) in time order, and the words of most parts."""
        captions = [parse_caption(part.text) for part in piece.parts]
        sentences = list(dict.fromkeys(s for c in captions for s in _SENTENCES.split(c.text) if s.strip()))
        chosen = sum_basic([_stems(s) for s in sentences], MAX_SENTENCES[piece.level])
        caption = make_caption(" ".join(sentences[i] for i in sorted(chosen)), common_terms(captions))
        if caption is None:
            raise ModelOutputInvalid("the captions hold no words", "\n".join(sentences))
        return caption


def sum_basic(sentences: Sequence[Sequence[str]], max_sentences: int) -> list[int]:
    """Which sentences say most of what all say, at most `max_sentences` of them, the first chosen first.

    Ties go to the word, and the sentence, that comes first. One without words is taken only when none
    has any.

    >>> sum_basic([["dog"], ["cat", "tree"], ["cat"]], max_sentences=2)
    [2, 0]
    """
    words = [word for sentence in sentences for word in sentence]
    if not words:
        return [0][: min(max_sentences, len(sentences))]
    weights = {word: count / len(words) for word, count in Counter(words).items()}
    chosen: list[int] = []
    left = [i for i, sentence in enumerate(sentences) if sentence]
    while left and len(chosen) < max_sentences:
        words_left = dict.fromkeys(word for i in left for word in sentences[i])
        likeliest = max(words_left, key=lambda word: weights[word])
        holding = [i for i in left if likeliest in sentences[i]]
        best = max(holding, key=lambda i: sum(weights[w] for w in sentences[i]) / len(sentences[i]))
        chosen.append(best)
        left.remove(best)
        for word in set(sentences[best]):
            weights[word] **= 2
    return chosen


def common_terms(captions: Sequence[Caption], max_terms: int = MAX_TERMS) -> list[str]:
    """The words that stand in most captions, as they are first written; of equals the first to come."""
    written: dict[str, str] = {}
    counts: Counter[str] = Counter()
    for caption in captions:
        terms = search_terms(f"{caption.text} {' '.join(caption.keywords)}")
        for term in terms:
            written.setdefault(stem(term), term)
        counts.update(dict.fromkeys(map(stem, terms), 1))
    return [written[term] for term, _ in counts.most_common(max_terms)]


class VideoSummariser:
    """Summarises with a video-LLM that can fill a form, from a few frames of the window and its captions.

    Args:
        model: the video-LLM.
        pictures: decodes frames of a video at given times.
        model_name: stored instead of the model's own name, for one whose name holds an address.
    """

    def __init__(self, model: VideoLLM, load_frames: LoadFrames, model_name: str | None = None) -> None:
        self.name = f"summary:{model_name or model.name}#{prompt_hash()}"
        self._model, self._load_frames = model, load_frames

    def summarise(self, piece: Piece) -> Caption:
        """Sentences and keywords from the reply's form.

        Raises:
            ModelOutputInvalid: the reply, and its repair, did not hold.
            ModelUnavailable: the model cannot be asked.
        """
        step_s = piece.window.duration_s / NUM_FRAMES
        times_s = [piece.window.start_s + (i + 0.5) * step_s for i in range(NUM_FRAMES)]
        frames = list({frame.pts_s: frame for frame in self._load_frames(piece.video_id, times_s)}.values())
        clip = Clip(
            piece.video_id,
            piece.window,
            np.array([frame.pts_s for frame in frames]),
            np.stack([frame.rgb for frame in frames]),
            truncate_parts(piece.parts),
        )
        request = VlmRequest((clip,), QUESTION, Budget(new_tokens=NEW_TOKENS))
        return form_caption(ask_form(self._model, request, CaptionForm).value)


def form_caption(form: CaptionForm) -> Caption:
    """The caption of a filled form.

    Raises:
        ModelOutputInvalid: no words are left of it.
    """
    caption = make_caption(form.caption, form.keywords)
    if caption is None:
        raise ModelOutputInvalid("the form holds no words", form.caption)
    return caption


def truncate_parts(parts: Sequence[Words], max_chars: int = MAX_WORDS_CHARS) -> tuple[Words, ...]:
    """The parts, each cut to its share of the room, so that the end of a long window is covered as well."""
    share = max(20, max_chars // max(1, len(parts)) - _TAG_CHARS)
    return tuple(replace(part, text=_truncate(part.text, share)) for part in parts)


def prompt_hash() -> str:
    """Eight hexadecimal digits that change with what the prompt of a summary is made of."""
    parts = [RULES, QUESTION, NEW_TOKENS, NUM_FRAMES, CaptionForm.model_json_schema()]
    return hashlib.blake2b(json.dumps(parts).encode(), digest_size=4).hexdigest()


def _truncate(text: str, max_chars: int) -> str:
    return text if len(text) <= max_chars else text[: max_chars - 1].rstrip() + "…"


def _stems(sentence: str) -> list[str]:
    return [stem(term) for term in search_terms(sentence)]
