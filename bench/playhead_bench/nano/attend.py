"""Guided attention: the first layer of the language half is shown which tokens belong to one another.

To answer "What colour is the car?" the word for the kind has to find the tokens that show it. Left alone a
small model finds tokens by colour within some hundred steps and by kind not within thousands, for there are
more kinds and they look more alike. So one head of the first layer is told: the share of its attention that
goes from the word to the tokens that show it is a loss beside that of the answers. To answer "When does the
car spin?" a visual token has to know its time: other heads are told to take the digits written before it.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np

from playhead_bench.nano.labels import HEADS, IGNORED, Labels
from playhead_bench.nano.train_vision import WordHeads
from playhead_bench.nano.training_samples import Batch
from playhead_bench.nano.vlm import TOKENS_A_PAIR
from playhead_index.embed.runtime import torch

GUIDED = ("kind", "colour", "motion")
FURTHEST = 12
"""A word stands at most so many tokens behind its clip when it is asked about it."""

UNITS_BEFORE = 6
"""The digit of the seconds stands so many tokens before the visual tokens of its time, then the tens, ..."""
DIGIT_HEADS = (2, 3, 4, 5)
"""The heads that take units, tens, hundreds and thousands."""
TELLING = 11
"""One of so many visual tokens is asked for its time."""


def attention_loss(language: Any, heads: WordHeads, put: Batch, seen: Any, told: Sequence[Labels]) -> Any:
    """Minus the log of the attention that the words for what is shown give to the tokens that show it.

    Of all heads the best one counts, for kinds, colours and moves apart, so that others stay free.

    Args:
        language: the language half.
        heads: which token says what.
        put: the batch.
        seen: (pairs, 45, D) visual tokens of all rows, row by row.
        told: the labels of each pair.
    """
    first, library = language.layers[0], torch()
    attention, losses = first.self_attn, []
    keys = attention.k_proj(first.input_layernorm(seen.flatten(0, 1)))
    keys = attention.k_norm(keys.view(len(keys), -1, attention.head_dim))
    cells = library.from_numpy(np.stack([one.cells for one in told])).flatten(2).transpose(1, 2).flatten(0, 1)
    for layer, head in enumerate(GUIDED):
        asked = attention.q_proj(first.input_layernorm(language.embed_tokens(heads.ids[head])))
        queries = attention.q_norm(asked.view(len(asked), -1, attention.head_dim))
        at, found = 0, []
        for row in range(len(put.ids)):
            places = put.places[:, row, put.visual[row]]
            here = slice(at, at + places.shape[1])
            at = here.stop
            target = cells[here, layer]
            words = target[(target != IGNORED) & (target < len(HEADS[head]))].unique()
            if len(words):
                scores = _scores(language, queries[words], keys[here], places)
                found.append(_missed(scores, words, target))
        losses.append(library.cat(found, dim=1).mean(1).min())
    return sum(losses)


def _scores(language: Any, queries: Any, keys: Any, places: Any) -> Any:
    """(heads, Q, V) what words asked behind a clip and its visual tokens are to each other."""
    from transformers.models.qwen3_vl import modeling_qwen3_vl as stock

    library, attention = torch(), language.layers[0].self_attn
    behind = places.max() + 2 + library.randint(FURTHEST, (len(queries),))
    at = library.cat([behind.expand(3, -1), places], dim=1)
    cos, sin = language.rotary_emb(keys, at[:, None])
    split = len(queries)
    rotated = [
        stock.apply_rotary_pos_emb(part.transpose(0, 1)[None], part.transpose(0, 1)[None], c, s)[0][0]
        for part, c, s in (
            (queries, cos[:, :split], sin[:, :split]),
            (keys, cos[:, split:], sin[:, split:]),
        )
    ]
    shared = rotated[1].repeat_interleave(attention.num_key_value_groups, dim=0)
    return rotated[0] @ shared.transpose(1, 2) * attention.scaling


def _missed(scores: Any, words: Any, target: Any) -> Any:
    """(heads, Q) minus the log of each word's attention to its own tokens; unsure tokens do not count."""
    scores = scores.masked_fill(target == IGNORED, float("-inf"))
    own = scores.masked_fill(target != words[:, None], float("-inf"))
    return scores.logsumexp(-1) - own.logsumexp(-1)


def time_loss(language: Any, put: Batch, seen: Any, digits: Any) -> Any:
    """Minus the log of the attention that visual tokens give to the seconds written before them.

    Args:
        language: the language half.
        put: the batch.
        seen: (pairs, 45, D) visual tokens of all rows, row by row.
        digits: (10,) the ids of the tokens 0 to 9.
    """
    from transformers.models.qwen3_vl import modeling_qwen3_vl as stock

    library, first = torch(), language.layers[0]
    attention = first.self_attn
    embeds = language.embed_tokens(put.ids).masked_scatter(put.visual[..., None], seen.flatten(0, 1))
    hidden = first.input_layernorm(embeds)
    shape = (*hidden.shape[:2], -1, attention.head_dim)
    queries = attention.q_norm(attention.q_proj(hidden).view(shape)).transpose(1, 2)
    keys = attention.k_norm(attention.k_proj(hidden).view(shape)).transpose(1, 2)
    queries, keys = stock.apply_rotary_pos_emb(queries, keys, *language.rotary_emb(hidden, put.places))
    losses = []
    for row in range(len(put.ids)):
        visual = library.nonzero(put.visual[row])[:, 0]
        asking = visual[::TELLING]
        begins = visual[(library.arange(0, len(visual), TELLING) // TOKENS_A_PAIR) * TOKENS_A_PAIR]
        later = library.arange(int(visual[-1]) + 1)[None] > asking[:, None]
        for place, head in enumerate(DIGIT_HEADS):
            at = begins - UNITS_BEFORE - place
            written = library.isin(put.ids[row, at], digits)
            scores = queries[row, head, asking] @ keys[row, head // attention.num_key_value_groups].T
            scores = scores[:, : later.shape[1]] * attention.scaling
            told = scores.masked_fill(later, float("-inf")).log_softmax(-1).gather(1, at[:, None])[:, 0]
            losses.append(-told[written])
    return library.cat(losses).mean()
