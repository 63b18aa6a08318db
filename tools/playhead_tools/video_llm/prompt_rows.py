"""Encoded clips and words become what a model's forward pass takes, whole or with tokens left out.

Tokens are left out of the row of a whole prompt, never written anew: so every word stays the token that it
was, and in models whose tokens have places in time, height and width each keeps its own. Those places are
computed on the whole grid and then indexed; the order of the text is renumbered from 0 (gaps there would be
taken for several packed sequences); and what generated tokens are counted on from is reset for every row.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from inspect import signature
from typing import Any

from playhead_index.embed.checkpoints import map_load_errors
from playhead_index.embed.runtime import torch
from playhead_index.errors import ModelUnavailable
from playhead_tools.compression.budget_plan import TokenCosts
from playhead_tools.video_llm.clip_features import ClipFeatures, placeholder, written_as_image
from playhead_tools.video_llm.loaded_model import LoadedModel
from playhead_tools.video_llm.model_families import ContextReach, Family, Modality
from playhead_tools.video_llm.token_spans import step_spans
from playhead_tools.video_llm.visual_context import ContextBlock, VisualContext

_MODALITIES: tuple[Modality, Modality] = ("image", "video")
TOKEN_TYPES = {
    "mm_token_type_ids": "create_mm_token_type_ids",
    "moe_mm_token_type_ids": "create_moe_mm_token_type_ids",
}
"""Arguments of `forward` that say of every token what it is, and the processor's methods for them."""


@dataclass(frozen=True, slots=True, eq=False)
class ClipPlacement:
    """A clip's tokens in a row.

    Args:
        features: the clip.
        columns: (n,) int64, where its features stand.
        around: for each step of its visual tokens the columns that go when it keeps none: the words written
            around its tokens, and its placeholders where they only stand for context.
        all_tokens: how many tokens stand in the clip's place, words, marks and coarser grids too, and rows of
            context.
        reach: which tokens attend to its context.
    """

    features: ClipFeatures
    columns: Any
    around: tuple[tuple[int, ...], ...]
    all_tokens: int
    reach: ContextReach = "after"

    @property
    def costs(self) -> TokenCosts:
        """What its tokens cost; the dearest step's words count for every step."""
        steps, per_step = self.features.tokens.shape[:2]
        per_step = self.features.fine_rows or int(per_step)
        around_clip = self.given_tokens - per_step * steps - sum(map(len, self.around))
        return TokenCosts(per_step, max(map(len, self.around)), around_clip)

    @property
    def given_tokens(self) -> int:
        """How many tokens the clip takes with all of its finest grid, words and marks too."""
        features = self.features
        if features.fine_rows is None:
            return self.all_tokens
        return self.all_tokens - features.steps * (features.tokens_per_step - features.fine_rows)


@dataclass(frozen=True, slots=True, eq=False)
class Row:
    """A whole prompt as tokens.

    Args:
        ids: (L,) int64.
        positions: (3, L) int64 places in time, height and width; None for models that only count.
        clips: in the order of the prompt.
        types: (L,) int64 by argument of `forward`: what each token is, 0 for text. Models read from them
            which tokens attend to each other in both directions, or which experts they go to.
    """

    ids: Any
    positions: Any
    clips: tuple[ClipPlacement, ...]
    types: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, eq=False)
class PrunedRow:
    """A prompt after tokens were left out.

    Args:
        ids: (K,) int64.
        positions: (3, K) int64 or None.
        features: for each clip the modality and the rows (k, D) that are left, deeper ones after them.
        visual_tokens: how many stand in the places of clips, words and marks too.
        next_position: the place after all tokens of the whole prompt; 0 for models that only count.
        rows: for each clip the (k,) int64 rows of its features that are left.
        columns: for each clip the (k,) int64 columns of `ids` where they stand.
        context: what the prompt attends to by cross-attention, in its order.
        types: (K,) int64 by argument of `forward`, see `Row`.
    """

    ids: Any
    positions: Any
    features: tuple[tuple[Modality, tuple[Any, ...]], ...]
    visual_tokens: int
    next_position: int
    rows: tuple[Any, ...]
    columns: tuple[Any, ...]
    context: tuple[ContextBlock, ...] = ()
    types: dict[str, Any] = field(default_factory=dict)


def write_row(loaded: LoadedModel, text: str, clips: Sequence[tuple[ClipFeatures, str]]) -> Row:
    """The tokens of a prompt with its clips in their places.

    Args:
        loaded: the model.
        text: the prompt with one placeholder a clip.
        clips: features, and what stands in each one's place.

    Raises:
        ModelUnavailable: the template did not write one placeholder a clip, or the tokenizer cannot say where
            its tokens stand.
    """
    written, starts = _expanded(loaded, text, clips)
    tokenizer = loaded.tokenizer
    bos = tokenizer.bos_token
    with map_load_errors(loaded.family.title, "reading the prompt"):
        encoding = tokenizer(
            written,
            return_offsets_mapping=True,
            add_special_tokens=not (bos and written.startswith(bos)),
        )
    ids = torch().tensor(encoding["input_ids"], dtype=torch().int64)
    offsets = encoding["offset_mapping"]
    placement = tuple(
        _place_clip(loaded, ids, offsets, start, features, expansion)
        for start, (features, expansion) in zip(starts, clips, strict=True)
    )
    positions = _positions(loaded, ids, placement) if loaded.family.mrope else None
    return Row(ids, positions, placement, token_types(loaded, ids))


def token_types(loaded: LoadedModel, ids: Any) -> dict[str, Any]:
    """(L,) int64 by argument of `forward`: what the processor says of each token that the model reads.

    Models with places in time, height and width read the modalities only to compute these, so theirs are
    left out.
    """
    takes = set(signature(loaded.model.forward).parameters)
    if loaded.family.mrope:
        takes.discard("mm_token_type_ids")
    methods = {
        name: getattr(loaded.processor, method, None) for name, method in TOKEN_TYPES.items() if name in takes
    }
    return {
        name: torch().tensor(method([ids.tolist()])[0], dtype=torch().int64)
        for name, method in methods.items()
        if method is not None
    }


def prune_row(row: Row, token_indices: Sequence[Any]) -> PrunedRow:
    """The row with only the kept visual tokens, and without the words around steps that keep none.

    The visual tokens of a clip with context are its context rows; its placeholders stay where a row of their
    step does, or all of them where every token attends to the context.

    Args:
        row: the whole prompt.
        token_indices: for each clip the (K,) int64 ascending places of its tokens; None for all.
    """
    keep_mask = torch().ones(len(row.ids), dtype=torch().bool)
    visual = 0
    features: list[tuple[Modality, tuple[Any, ...]]] = []
    rows_left: list[Any] = []
    tokens_left = [
        _kept_tokens(placement.features, indices)
        for placement, indices in zip(row.clips, token_indices, strict=True)
    ]
    for placement, tokens in zip(row.clips, tokens_left, strict=True):
        removed = _removed_columns(placement, tokens)
        keep_mask[removed] = False
        num_rows_removed = max(0, placement.features.num_context_tokens - len(tokens))
        visual += placement.all_tokens - len(removed) - num_rows_removed
        rows = keep_mask[placement.columns].nonzero()[:, 0]
        tensors = (placement.features.rows, *placement.features.deep)
        features.append((placement.features.modality, tuple(tensor[rows] for tensor in tensors)))
        rows_left.append(rows)
    column = keep_mask.cumsum(0) - 1
    columns = tuple(
        column[placement.columns[rows]] for placement, rows in zip(row.clips, rows_left, strict=True)
    )
    context = tuple(
        block
        for placement, tokens in zip(row.clips, tokens_left, strict=True)
        for block in _context_blocks(placement, tokens, column)
    )
    positions, after = (
        (None, 0) if row.positions is None else (row.positions[:, keep_mask], int(row.positions.max()) + 1)
    )
    types = {name: kinds[keep_mask] for name, kinds in row.types.items()}
    return PrunedRow(
        row.ids[keep_mask], positions, tuple(features), visual, after, tuple(rows_left), columns, context,
        types,
    )  # fmt: skip


def first_columns(pruned_row: PrunedRow, number: int) -> PrunedRow:
    """The beginning of a prompt that ends after its clips.

    Args:
        pruned_row: the prompt.
        number: of columns that stay.

    Raises:
        ValueError: a clip stands after them.
    """
    after = max((int(columns[-1]) + 1 for columns in pruned_row.columns if len(columns)), default=0)
    if number < after:
        raise ValueError(f"expected at least the {after} columns up to the last clip, got {number}")
    return replace(
        pruned_row,
        ids=pruned_row.ids[:number],
        positions=None if pruned_row.positions is None else pruned_row.positions[:, :number],
        types={name: kinds[:number] for name, kinds in pruned_row.types.items()},
    )


def batch_inputs(
    loaded: LoadedModel, pruned_rows: Sequence[PrunedRow], *, computed: int = 0
) -> dict[str, Any]:
    """Arguments of `forward` and `generate` for these prompts, padded on the left.

    Args:
        loaded: the model.
        pruned_rows: the prompts; one alone where columns are computed.
        computed: columns of which keys and values are known, and no features are needed.
    """
    longest = max(len(pruned_row.ids) for pruned_row in pruned_rows)
    tokenizer = loaded.tokenizer
    pad = tokenizer.eos_token_id if tokenizer.pad_token_id is None else tokenizer.pad_token_id
    ids = torch().full((len(pruned_rows), longest), pad, dtype=torch().int64)
    mask = torch().zeros_like(ids)
    for row, pruned_row in enumerate(pruned_rows):
        ids[row, longest - len(pruned_row.ids) :] = pruned_row.ids
        mask[row, longest - len(pruned_row.ids) :] = 1
    inputs: dict[str, Any] = {"input_ids": ids.to(loaded.device), "attention_mask": mask.to(loaded.device)}
    for name in pruned_rows[0].types:
        types = _padded([pruned_row.types[name] for pruned_row in pruned_rows], longest)
        inputs[name] = types.to(loaded.device)
    order = (mask.cumsum(-1) - 1).clamp_min(0)
    inputs["position_ids"] = order.to(loaded.device)
    if loaded.family.mrope:
        inputs["position_ids"] = _padded_positions(pruned_rows, order).to(loaded.device)
        deltas = torch().tensor(
            [[pruned_row.next_position - len(pruned_row.ids)] for pruned_row in pruned_rows]
        )
        loaded.base.rope_deltas = deltas.to(loaded.device)
    outputs = _encoder_outputs(
        loaded, [_after(pruned_row, computed) for pruned_row in pruned_rows] if computed else pruned_rows
    )
    if any(pruned_row.context for pruned_row in pruned_rows):
        inputs["visual_context"] = VisualContext(
            tuple(pruned_row.context for pruned_row in pruned_rows),
            tuple(longest - len(pruned_row.ids) for pruned_row in pruned_rows),
        )
    return {**inputs, "mm_encoder_outputs": outputs} if outputs else inputs


def _expanded(
    loaded: LoadedModel, text: str, clips: Sequence[tuple[ClipFeatures, str]]
) -> tuple[str, list[int]]:
    """The text with each placeholder written out, and where each begins.

    The processor does it where it can: what it takes for one placeholder may be more than one token.
    """
    family = loaded.family
    if family.bos and not text.startswith(family.bos):
        text = family.bos + text
    expansions = [_numbered(family, expansion, number) for number, (_, expansion) in enumerate(clips)]
    number, written, starts = _replaced(loaded, text, clips, expansions)
    if number != len(clips):
        raise ModelUnavailable(
            f"{family.title}: the chat template wrote {number} placeholders for"
            f" {len(clips)} clips; the checkpoint's template does not take videos"
        )
    return written, starts


def _numbered(family: Family, expansion: str, number: int) -> str:
    """What stands in a clip's place with its number among the clips of the prompt, where it has one."""
    if not family.clip_number:
        return expansion
    return re.sub(rf"\A({family.clip_number})\d+", rf"\g<1>{number}", expansion)


def _replaced(
    loaded: LoadedModel, text: str, clips: Sequence[tuple[ClipFeatures, str]], expansions: Sequence[str]
) -> tuple[int, str, list[int]]:
    """How many placeholders the text has, and, where they are as many as clips, the text and their starts."""
    marks = {loaded.processor.image_token, loaded.processor.video_token}
    pieces = re.split("|".join(map(re.escape, sorted(marks))), text)
    if len(pieces) != len(expansions) + 1:
        return len(pieces) - 1, text, []
    replace_all = getattr(loaded.processor, "get_text_with_replacements", None)
    if replace_all is None:
        written, starts = pieces[0], []
        for expansion, after in zip(expansions, pieces[1:], strict=True):
            starts.append(len(written))
            written += expansion + after
        return len(starts), written, starts
    as_image = [written_as_image(loaded, features) for features, _ in clips]
    texts, offsets = replace_all(
        [text],
        [expansion for expansion, image in zip(expansions, as_image, strict=True) if image],
        [expansion for expansion, image in zip(expansions, as_image, strict=True) if not image],
    )
    found = offsets[0] if offsets else []
    return len(found), texts[0], [one["new_span"][0] for one in found]


def _place_clip(
    loaded: LoadedModel,
    ids: Any,
    offsets: Sequence[tuple[int, int]],
    start: int,
    features: ClipFeatures,
    expansion: str,
) -> ClipPlacement:
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
    reach = loaded.family.context_reach
    if features.has_context_tokens:
        around = _columns_of_context(loaded, features, columns, around)
    num_tokens = len(inside) + features.num_context_tokens
    return ClipPlacement(features, torch().tensor(columns, dtype=torch().int64), around, num_tokens, reach)


def _columns_of_context(
    loaded: LoadedModel, features: ClipFeatures, columns: Sequence[int], around: Sequence[tuple[int, ...]]
) -> tuple[tuple[int, ...], ...]:
    """For each step of a clip's context the columns that go when none of its rows is kept."""
    if loaded.family.context_reach == "all":
        return ((),) * features.context_steps
    if features.context_steps != features.steps:
        raise ModelUnavailable(
            f"{loaded.family.title}: the encoder gave context for {features.context_steps} steps and"
            f" placeholders for {features.steps}; processor and model do not belong together"
        )
    per_step = features.tokens_per_step
    return tuple(
        (*words, *columns[step * per_step : (step + 1) * per_step]) for step, words in enumerate(around)
    )


def _within(offsets: tuple[int, int], first: int, stop: int) -> bool:
    return first <= offsets[0] and offsets[1] <= stop


def _kept_tokens(features: ClipFeatures, indices: Any) -> Any:
    """(K,) int64 ascending places of the kept ones among a clip's visual tokens."""
    num_tokens = features.tokens[..., 0].numel()
    if indices is None:
        return torch().arange(num_tokens)
    tokens = torch().as_tensor(indices, dtype=torch().int64).cpu()
    if (
        tokens.ndim != 1
        or bool((tokens.diff() <= 0).any())
        or (len(tokens) and not 0 <= tokens[0] <= tokens[-1] < num_tokens)
    ):
        raise ValueError(f"kept tokens must ascend within [0, {num_tokens}), got {tokens.tolist()[:8]}…")
    return tokens


def _removed_columns(placement: ClipPlacement, tokens: Any) -> Any:
    """(n,) int64 columns of a row that go when only these tokens of a clip are kept."""
    features = placement.features
    steps, per_step = features.tokens.shape[:2]
    nonempty = set((tokens // per_step).tolist())
    beside = [column for step in range(steps) if step not in nonempty for column in placement.around[step]]
    columns = torch().tensor(beside, dtype=torch().int64)
    if features.has_context_tokens:
        return columns
    dropped = torch().ones(len(placement.columns), dtype=torch().bool)
    dropped[tokens] = False
    dropped[steps * per_step :] = False
    return torch().cat([columns, placement.columns[dropped]])


def _context_blocks(placement: ClipPlacement, tokens: Any, column: Any) -> list[ContextBlock]:
    """The context that is left of a clip, step by step.

    Args:
        placement: the clip.
        tokens: (K,) the places of its kept tokens.
        column: (L,) where each column of the whole row stands in the pruned one.
    """
    features = placement.features
    if features.context is None:
        return []
    if features.context_owner is not None:
        tokens = torch().isin(features.context_owner, tokens).nonzero()[:, 0]
    by_step = features.context.unflatten(0, (features.context_steps, -1))
    per_step = by_step.shape[1]
    counts = torch().bincount(tokens // per_step, minlength=len(by_step)).tolist()
    firsts = [0] * len(by_step)
    if placement.reach == "after":
        firsts = column[placement.columns[:: features.tokens_per_step]].tolist()
    return [
        ContextBlock(
            rows=by_step[step],
            kept=None if len(kept) == per_step else kept - step * per_step,
            key=features.context_keys[step] if features.context_keys else "",
            column=firsts[step],
        )
        for step, kept in enumerate(tokens.split(counts))
        if len(kept)
    ]


def _positions(loaded: LoadedModel, ids: Any, clips: Sequence[ClipPlacement]) -> Any:
    """(3, L) places of all tokens, computed by the model on the whole grids."""
    kinds = torch().zeros_like(ids)
    for placement in clips:
        kinds[placement.columns] = 1 + _MODALITIES.index(placement.features.modality)
    takes = signature(loaded.base.get_rope_index).parameters
    arguments: dict[str, Any] = {
        "input_ids": ids[None],
        "mm_token_type_ids": kinds[None],
        "attention_mask": torch().ones_like(ids)[None],
    }
    for modality in _MODALITIES:
        mine = [placement.features for placement in clips if placement.features.modality == modality]
        if mine and all(clip.grid is not None for clip in mine):
            arguments[f"{modality}_grid_thw"] = torch().tensor([clip.grid for clip in mine])
    steps_s = [placement.features.step_s for placement in clips if placement.features.step_s is not None]
    if steps_s:
        arguments |= dict.fromkeys(("second_per_grid_ts", "second_per_grids"), torch().tensor(steps_s))
    for name in {name for placement in clips for name in placement.features.place_inputs}:
        tensors = [placement.features.place_inputs[name] for placement in clips]
        arguments[name] = torch().cat(tensors)
    positions, _ = loaded.base.get_rope_index(
        **{name: value for name, value in arguments.items() if name in takes}
    )
    return positions[:, 0]


def _padded(rows: Sequence[Any], longest: int) -> Any:
    """(B, L) rows with 0 before them."""
    padded = torch().zeros((len(rows), longest), dtype=torch().int64)
    for number, row in enumerate(rows):
        padded[number, longest - len(row) :] = row
    return padded


def _after(pruned_row: PrunedRow, computed: int) -> PrunedRow:
    """The prompt with the features of only those columns that are not computed."""
    features = tuple(
        (modality, tuple(layer[columns >= computed] for layer in layers))
        for (modality, layers), columns in zip(pruned_row.features, pruned_row.columns, strict=True)
    )
    return replace(pruned_row, features=tuple(one for one in features if len(one[1][0])))


def _padded_positions(pruned_rows: Sequence[PrunedRow], order: Any) -> Any:
    """(4, B, L): the order of the text from 0, then places in time, height and width; 0 under padding."""
    positions = torch().zeros((4, *order.shape), dtype=torch().int64)
    positions[0] = order
    for row, pruned_row in enumerate(pruned_rows):
        positions[1:, row, order.shape[1] - len(pruned_row.ids) :] = pruned_row.positions
    return positions


def _encoder_outputs(loaded: LoadedModel, pruned_rows: Sequence[PrunedRow]) -> dict[str, Any]:
    from transformers.modeling_outputs import BaseModelOutputWithPooling

    outputs: dict[str, Any] = {}
    for modality in _MODALITIES:
        clips = [
            layers for pruned_row in pruned_rows for kind, layers in pruned_row.features if kind == modality
        ]
        if not clips:
            continue
        here = [[layer.to(loaded.device) for layer in layers] for layers in clips]
        first = [layers[0] for layers in here]
        packed = torch().cat(first)[None] if _is_packed(loaded.family, modality) else first
        if len(here[0]) == 1:
            outputs[modality] = BaseModelOutputWithPooling(pooler_output=packed)
        else:
            deep = [list(layer) for layer in zip(*(layers[1:] for layers in here), strict=True)]
            outputs[modality] = _deepstack_output(packed, deep)
    return outputs


def _is_packed(family: Family, modality: Modality) -> bool:
    """Whether features go in as one tensor; images of families whose clips are videos are always a list."""
    return family.packed == "tensor" and (modality == family.modality or family.one_is_image)


def _deepstack_output(packed: Any, deep: list[list[Any]]) -> Any:
    from transformers.models.qwen3_vl.modeling_qwen3_vl import BaseModelOutputWithDeepstackFeatures

    return BaseModelOutputWithDeepstackFeatures(pooler_output=packed, deepstack_features=deep)
