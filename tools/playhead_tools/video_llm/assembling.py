"""Encoded clips and words become what a model's forward pass takes, whole or with tokens left out.

Tokens are left out of the row of a whole prompt, never written anew: so every word stays the token that it
was, and in models whose tokens have places in time, height and width each keeps its own. Those places are
reckoned on the whole grid and then indexed; the order of the text is renumbered from 0 (gaps there would be
taken for several packed sequences); and what generated tokens are counted on from is reset for every row.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from inspect import signature
from typing import Any

from playhead_index.embed.checkpoints import mapped_load_errors
from playhead_index.embed.runtime import torch
from playhead_index.errors import ModelUnavailable
from playhead_tools.compression.plan import TokenCosts
from playhead_tools.video_llm.encoded import ClipFeatures, placeholder
from playhead_tools.video_llm.families import Modality
from playhead_tools.video_llm.loading import Loaded
from playhead_tools.video_llm.spans import step_spans

_MODALITIES: tuple[Modality, Modality] = ("image", "video")


@dataclass(frozen=True, slots=True, eq=False)
class Placed:
    """A clip's tokens in a row.

    Args:
        features: the clip.
        columns: (n,) int64, where its features stand.
        around: for each step the columns of the words written around its tokens.
        all_tokens: how many tokens stand in the clip's place, words and marks too.
    """

    features: ClipFeatures
    columns: Any
    around: tuple[tuple[int, ...], ...]
    all_tokens: int

    @property
    def costs(self) -> TokenCosts:
        """What its tokens cost; the dearest step's words count for every step."""
        per_step, steps = self.features.tokens_per_step, self.features.steps
        words = sum(map(len, self.around))
        return TokenCosts(per_step, max(map(len, self.around)), self.all_tokens - per_step * steps - words)


@dataclass(frozen=True, slots=True, eq=False)
class Row:
    """A whole prompt as tokens.

    Args:
        ids: (L,) int64.
        positions: (3, L) int64 places in time, height and width; None for models that only count.
        clips: in the order of the prompt.
    """

    ids: Any
    positions: Any
    clips: tuple[Placed, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Cut:
    """A prompt after tokens were left out.

    Args:
        ids: (K,) int64.
        positions: (3, K) int64 or None.
        features: for each clip the modality and the rows (k, D) that are left, deeper ones after them.
        visual_tokens: how many stand in the places of clips, words and marks too.
        next_position: the place after all tokens of the whole prompt; 0 for models that only count.
        rows: for each clip the (k,) int64 rows of its features that are left.
        columns: for each clip the (k,) int64 columns of `ids` where they stand.
    """

    ids: Any
    positions: Any
    features: tuple[tuple[Modality, tuple[Any, ...]], ...]
    visual_tokens: int
    next_position: int
    rows: tuple[Any, ...]
    columns: tuple[Any, ...]


def write_row(loaded: Loaded, text: str, clips: Sequence[tuple[ClipFeatures, str]]) -> Row:
    """The tokens of a prompt with its clips in their places.

    Args:
        loaded: the model.
        text: the prompt with one placeholder a clip.
        clips: features, and what stands in each one's place.

    Raises:
        ModelUnavailable: the template did not write one placeholder a clip, or the tokenizer cannot say where
            its tokens stand.
    """
    written, starts = _expanded(loaded, text, [expansion for _, expansion in clips])
    tokenizer = loaded.tokenizer
    bos = tokenizer.bos_token
    with mapped_load_errors(loaded.family.title, "reading the prompt"):
        encoding = tokenizer(
            written,
            return_offsets_mapping=True,
            add_special_tokens=not (bos and written.startswith(bos)),
        )
    ids = torch().tensor(encoding["input_ids"], dtype=torch().int64)
    offsets = encoding["offset_mapping"]
    placed = tuple(
        _placed(loaded, ids, offsets, start, features, expansion)
        for start, (features, expansion) in zip(starts, clips, strict=True)
    )
    return Row(ids, _positions(loaded, ids, placed) if loaded.family.mrope else None, placed)


def cut_row(row: Row, kept: Sequence[Any]) -> Cut:
    """The row with only the kept visual tokens, and without the words around steps that keep none.

    Args:
        row: the whole prompt.
        kept: for each clip the (K,) int64 ascending places of its tokens, step by step; None for all.
    """
    stays = torch().ones(len(row.ids), dtype=torch().bool)
    visual = 0
    features: list[tuple[Modality, tuple[Any, ...]]] = []
    left: list[Any] = []
    for placed, indices in zip(row.clips, kept, strict=True):
        rows = torch().arange(len(placed.columns)) if indices is None else _with_tail(placed, indices)
        gone = torch().ones(len(placed.columns), dtype=torch().bool)
        gone[rows] = False
        stays[placed.columns[gone]] = False
        empty = _empty_steps(placed, rows)
        words = [column for step in empty for column in placed.around[step]]
        stays[torch().tensor(words, dtype=torch().int64)] = False
        visual += placed.all_tokens - int(gone.sum()) - len(words)
        tensors = (placed.features.rows, *placed.features.deep)
        features.append((placed.features.modality, tuple(tensor[rows] for tensor in tensors)))
        left.append(rows)
    column = stays.cumsum(0) - 1
    columns = tuple(column[placed.columns[rows]] for placed, rows in zip(row.clips, left, strict=True))
    positions, after = (
        (None, 0) if row.positions is None else (row.positions[:, stays], int(row.positions.max()) + 1)
    )
    return Cut(row.ids[stays], positions, tuple(features), visual, after, tuple(left), columns)


def batch_inputs(loaded: Loaded, cuts: Sequence[Cut], *, computed: int = 0) -> dict[str, Any]:
    """Arguments of `forward` and `generate` for these prompts, padded on the left.

    Args:
        loaded: the model.
        cuts: the prompts; one alone where columns are computed.
        computed: columns of which keys and values are known, and no features are needed.
    """
    longest = max(len(cut.ids) for cut in cuts)
    tokenizer = loaded.tokenizer
    pad = tokenizer.eos_token_id if tokenizer.pad_token_id is None else tokenizer.pad_token_id
    ids = torch().full((len(cuts), longest), pad, dtype=torch().int64)
    mask = torch().zeros_like(ids)
    for row, cut in enumerate(cuts):
        ids[row, longest - len(cut.ids) :] = cut.ids
        mask[row, longest - len(cut.ids) :] = 1
    inputs: dict[str, Any] = {"input_ids": ids.to(loaded.device), "attention_mask": mask.to(loaded.device)}
    order = (mask.cumsum(-1) - 1).clamp_min(0)
    inputs["position_ids"] = order.to(loaded.device)
    if loaded.family.mrope:
        inputs["position_ids"] = _padded_positions(cuts, order).to(loaded.device)
        deltas = torch().tensor([[cut.next_position - len(cut.ids)] for cut in cuts])
        loaded.base.rope_deltas = deltas.to(loaded.device)
    outputs = _encoder_outputs(loaded, [_after(cut, computed) for cut in cuts] if computed else cuts)
    return {**inputs, "mm_encoder_outputs": outputs} if outputs else inputs


def _expanded(loaded: Loaded, text: str, expansions: Sequence[str]) -> tuple[str, list[int]]:
    """The text with each placeholder written out, and where each begins."""
    marks = {loaded.processor.image_token, loaded.processor.video_token}
    pieces = re.split("|".join(map(re.escape, sorted(marks))), text)
    if len(pieces) != len(expansions) + 1:
        raise ModelUnavailable(
            f"{loaded.family.title}: the chat template wrote {len(pieces) - 1} placeholders for"
            f" {len(expansions)} clips; the checkpoint's template does not take videos"
        )
    written, starts = pieces[0], []
    for expansion, after in zip(expansions, pieces[1:], strict=True):
        starts.append(len(written))
        written += expansion + after
    return written, starts


def _placed(
    loaded: Loaded,
    ids: Any,
    offsets: Sequence[tuple[int, int]],
    start: int,
    features: ClipFeatures,
    expansion: str,
) -> Placed:
    inside = [c for c, (a, b) in enumerate(offsets) if start <= a < b <= start + len(expansion)]
    token = placeholder(loaded, features.modality)
    number = loaded.tokenizer.convert_tokens_to_ids(token)
    columns = [column for column in inside if int(ids[column]) == number]
    if len(columns) != len(features.rows):
        raise ModelUnavailable(
            f"{loaded.family.title}: the tokenizer made {len(columns)} placeholders for {len(features.rows)}"
            " features; tokenizer and processor do not belong together"
        )
    spans = step_spans(expansion, token, features.steps, features.tokens_per_step, loaded.family)
    words = set(inside) - set(columns)
    around = tuple(
        tuple(
            column
            for column in sorted(words)
            if _within(offsets[column], start + span.opens, start + span.first)
            or _within(offsets[column], start + span.stop, start + span.closes)
        )
        for span in spans
    )
    return Placed(features, torch().tensor(columns, dtype=torch().int64), around, len(inside))


def _within(offsets: tuple[int, int], first: int, stop: int) -> bool:
    return first <= offsets[0] and offsets[1] <= stop


def _with_tail(placed: Placed, indices: Any) -> Any:
    """Rows of kept tokens and of what follows the last step."""
    many = len(placed.columns)
    rows = torch().as_tensor(indices, dtype=torch().int64).cpu()
    most = placed.features.steps * placed.features.tokens_per_step
    if (
        rows.ndim != 1
        or bool((rows.diff() <= 0).any())
        or (len(rows) and not 0 <= rows[0] <= rows[-1] < most)
    ):
        raise ValueError(f"kept tokens must ascend within [0, {most}), got {rows.tolist()[:8]}…")
    return torch().cat([rows, torch().arange(most, many)])


def _empty_steps(placed: Placed, rows: Any) -> list[int]:
    steps = rows[rows < placed.features.steps * placed.features.tokens_per_step]
    shown = set((steps // placed.features.tokens_per_step).tolist())
    return [step for step in range(placed.features.steps) if step not in shown]


def _positions(loaded: Loaded, ids: Any, clips: Sequence[Placed]) -> Any:
    """(3, L) places of all tokens, reckoned by the model on the whole grids."""
    kinds = torch().zeros_like(ids)
    for placed in clips:
        kinds[placed.columns] = 1 + _MODALITIES.index(placed.features.modality)
    arguments: dict[str, Any] = {"input_ids": ids[None], "mm_token_type_ids": kinds[None]}
    for modality in _MODALITIES:
        mine = [placed.features for placed in clips if placed.features.modality == modality]
        if mine:
            arguments[f"{modality}_grid_thw"] = torch().tensor([clip.grid for clip in mine])
    steps_s = [placed.features.step_s for placed in clips if placed.features.step_s is not None]
    if steps_s and "second_per_grid_ts" in signature(loaded.base.get_rope_index).parameters:
        arguments["second_per_grid_ts"] = torch().tensor(steps_s)
    positions, _ = loaded.base.get_rope_index(**arguments)
    return positions[:, 0]


def _after(cut: Cut, computed: int) -> Cut:
    """The prompt with the features of only those columns that are not computed."""
    features = tuple(
        (modality, tuple(layer[columns >= computed] for layer in layers))
        for (modality, layers), columns in zip(cut.features, cut.columns, strict=True)
    )
    return replace(cut, features=tuple(one for one in features if len(one[1][0])))


def _padded_positions(cuts: Sequence[Cut], order: Any) -> Any:
    """(4, B, L): the order of the text from 0, then places in time, height and width; 0 under padding."""
    positions = torch().zeros((4, *order.shape), dtype=torch().int64)
    positions[0] = order
    for row, cut in enumerate(cuts):
        positions[1:, row, order.shape[1] - len(cut.ids) :] = cut.positions
    return positions


def _encoder_outputs(loaded: Loaded, cuts: Sequence[Cut]) -> dict[str, Any]:
    from transformers.modeling_outputs import BaseModelOutputWithPooling

    outputs: dict[str, Any] = {}
    for modality in _MODALITIES:
        clips = [layers for cut in cuts for kind, layers in cut.features if kind == modality]
        if not clips:
            continue
        here = [[layer.to(loaded.device) for layer in layers] for layers in clips]
        first = [layers[0] for layers in here]
        packed = torch().cat(first)[None] if loaded.family.packed == "tensor" else first
        if len(here[0]) == 1:
            outputs[modality] = BaseModelOutputWithPooling(pooler_output=packed)
        else:
            deep = [list(layer) for layer in zip(*(layers[1:] for layers in here), strict=True)]
            outputs[modality] = _deepstack_output(packed, deep)
    return outputs


def _deepstack_output(packed: Any, deep: list[list[Any]]) -> Any:
    from transformers.models.qwen3_vl.modeling_qwen3_vl import BaseModelOutputWithDeepstackFeatures

    return BaseModelOutputWithDeepstackFeatures(pooler_output=packed, deepstack_features=deep)
