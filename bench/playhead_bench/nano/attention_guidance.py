"""Attention guidance: an auxiliary loss on the first layer of the language half.

To answer "What colour is the car?" the word for the kind has to find the tokens that show it. Left alone a
small model finds tokens by colour within some hundred steps and by kind not within thousands, for there are
more kinds and they look more similar. So one head of the first layer is supervised: the share of its
attention that goes from the word to the tokens that show it is a loss beside that of the answers. To answer
"When does the car spin?" a visual token has to know its time: other heads are supervised to attend to the
digits before it.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np

from playhead_bench.nano.token_labels import HEADS, IGNORED, Labels
from playhead_bench.nano.train_vision import WordHeads
from playhead_bench.nano.training_samples import Batch
from playhead_bench.nano.vlm_model import TOKENS_A_PAIR
from playhead_index.embed.runtime import torch

GUIDED = ("kind", "colour", "motion")
MAX_DISTANCE = 12
"""Maximal distance in tokens of a query word from its clip."""

UNITS_BEFORE = 6
"""The digit of the seconds stands so many tokens before the visual tokens of its time, then the tens, ..."""
DIGIT_HEADS = (2, 3, 4, 5)
"""The heads that take units, tens, hundreds and thousands."""
QUERY_STEP = 11
"""Every nth visual token has a loss on its time."""


def attention_loss(
    language: Any, heads: WordHeads, batch: Batch, visual_tokens: Any, labels: Sequence[Labels]
) -> Any:
    """Minus the log of the attention that the words for what is shown give to the tokens that show it.

    Of all heads the best one counts, for kinds, colours and moves apart, so that others stay free.

    Args:
        language: the language half.
        heads: which token says what.
        batch: the batch.
        visual_tokens: (pairs, 45, D) visual tokens of all rows, row by row.
        labels: the labels of each pair.
    """
    first, library = language.layers[0], torch()
    attention, losses = first.self_attn, []
    keys = attention.k_proj(first.input_layernorm(visual_tokens.flatten(0, 1)))
    keys = attention.k_norm(keys.view(len(keys), -1, attention.head_dim))
    cells = (
        library.from_numpy(np.stack([one.cells for one in labels])).flatten(2).transpose(1, 2).flatten(0, 1)
    )
    for layer, head in enumerate(GUIDED):
        projected = attention.q_proj(first.input_layernorm(language.embed_tokens(heads.ids[head])))
        queries = attention.q_norm(projected.view(len(projected), -1, attention.head_dim))
        at, found = 0, []
        for row in range(len(batch.ids)):
            places = batch.positions[:, row, batch.visual[row]]
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
    """(heads, Q, V) attention scores of words behind a clip to its visual tokens."""
    from transformers.models.qwen3_vl import modeling_qwen3_vl as stock

    library, attention = torch(), language.layers[0].self_attn
    behind = places.max() + 2 + library.randint(MAX_DISTANCE, (len(queries),))
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
    """(heads, Q) minus the log of each word's attention to its own tokens; uncertain tokens do not count."""
    scores = scores.masked_fill(target == IGNORED, float("-inf"))
    own = scores.masked_fill(target != words[:, None], float("-inf"))
    return scores.logsumexp(-1) - own.logsumexp(-1)


def time_loss(language: Any, batch: Batch, visual_tokens: Any, digits: Any) -> Any:
    """Minus the log of the attention that visual tokens give to the seconds written before them.

    Args:
        language: the language half.
        batch: the batch.
        visual_tokens: (pairs, 45, D) visual tokens of all rows, row by row.
        digits: (10,) the ids of the tokens 0 to 9.
    """
    from transformers.models.qwen3_vl import modeling_qwen3_vl as stock

    library, first = torch(), language.layers[0]
    attention = first.self_attn
    embeds = language.embed_tokens(batch.ids).masked_scatter(
        batch.visual[..., None], visual_tokens.flatten(0, 1)
    )
    hidden = first.input_layernorm(embeds)
    shape = (*hidden.shape[:2], -1, attention.head_dim)
    queries = attention.q_norm(attention.q_proj(hidden).view(shape)).transpose(1, 2)
    keys = attention.k_norm(attention.k_proj(hidden).view(shape)).transpose(1, 2)
    queries, keys = stock.apply_rotary_pos_emb(queries, keys, *language.rotary_emb(hidden, batch.positions))
    losses = []
    for row in range(len(batch.ids)):
        visual = library.nonzero(batch.visual[row])[:, 0]
        queried = visual[::QUERY_STEP]
        begins = visual[(library.arange(0, len(visual), QUERY_STEP) // TOKENS_A_PAIR) * TOKENS_A_PAIR]
        later = library.arange(int(visual[-1]) + 1)[None] > queried[:, None]
        for place, head in enumerate(DIGIT_HEADS):
            at = begins - UNITS_BEFORE - place
            written = library.isin(batch.ids[row, at], digits)
            scores = queries[row, head, queried] @ keys[row, head // attention.num_key_value_groups].T
            scores = scores[:, : later.shape[1]] * attention.scaling
            labels = scores.masked_fill(later, float("-inf")).log_softmax(-1).gather(1, at[:, None])[:, 0]
            losses.append(-labels[written])
    return library.cat(losses).mean()
