"""Attribution of a model's claims to evidence, by shared words.

Models, small ones above all, often write what they have read and cite a neighbouring id. Code finds the
record that contains most of a claim, and cites first those of its spans that contain the quote.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from playhead_agent.planner.brief import spans_evidence
from playhead_index.literal import words_in
from playhead_index.store.spans import read_spans
from playhead_index.words.protocol import Words
from playhead_tools.citations import KINDS_WITHOUT_SPANS, holds_quote, stored_texts
from playhead_tools.evidence import Claim, Evidence
from playhead_tools.toolbox.context import ToolContext
from playhead_tools.word_match import coverage, is_stop_word, match_word

CITED_WEIGHT, RANKED_WEIGHT = 0.25, 0.4
"""Weights beside the share of a claim that a record contains: that the model cites it, and that the search
for the question ranks it first (half as much for the second, and so on)."""
MIN_HELD_SHARE = 0.5
"""Share of a claim that a record must contain to be cited where the model does not cite it."""
MIN_RELATED_SHARE = 0.1
"""A record that holds less of a claim, beside one that holds half of it, was cited by mistake."""


def attribute_claims(
    conclusion: Mapping[str, Any], tool_context: ToolContext, ranked: Sequence[str]
) -> dict[str, Any]:
    """A conclusion whose claims cite first the record that contains most of them.

    Where the quote of a claim, or its text, is in a part of that record, this part is added to the evidence
    table and cited in its place.

    Args:
        conclusion: of the toolbox.
        tool_context: the evidence of the run.
        ranked: ids in the order in which a search for the question ranked them.
    """
    if (
        "claims" not in conclusion or tool_context.computed_values or tool_context.scans
    ):  # a computed number is tied to its ids
        return dict(conclusion)
    texts = stored_texts(tool_context.catalog, tool_context.table.records.values())
    rank = {evidence_id: position for position, evidence_id in enumerate(ranked)}
    rows = []
    for row in conclusion["claims"]:
        kinds = {tool_context.table.records[i].kind for i in row["evidence_ids"]}
        if not kinds or kinds & set(KINDS_WITHOUT_SPANS):  # visual evidence shares no words with a claim
            rows.append(row)
            continue
        shares = held_shares(f"{row.get('quote', '')} {row['text']}", texts)
        cited = row["evidence_ids"]
        scores = {
            i: shares.get(i, 0.0)
            + CITED_WEIGHT * (i in cited)
            + RANKED_WEIGHT / (1 + rank.get(i, len(texts)))
            for i in {*texts, *cited}
        }
        best = max(texts, key=lambda i: scores[i], default="")
        added = [best] if best not in cited and shares[best] >= MIN_HELD_SHARE else []
        ordered = sorted(cited, key=lambda i: -scores[i])
        ids = [*(i for i in added if scores[i] > scores[ordered[0]]), *ordered]
        part = _shortest_part_with(
            tool_context, tool_context.table.records[ids[0]], (row.get("quote", ""), row["text"])
        )
        rows.append({**row, "evidence_ids": [part or ids[0], *ids[1:]]})
    return {**conclusion, "claims": rows}


def without_unrelated(claims: Sequence[Claim], tool_context: ToolContext) -> tuple[Claim, ...]:
    """Claims without the ids that bear nothing of them, where the first of their ids holds half of the claim.

    For the end of a run: a claim that is written again is given all that the model cites.

    Args:
        claims: whose ids are in order.
        tool_context: the evidence of the run.
    """
    has_several = any(len(claim.evidence_ids) > 1 for claim in claims)
    if not has_several or tool_context.computed_values or tool_context.scans:
        return tuple(claims)
    texts = stored_texts(tool_context.catalog, tool_context.table.records.values())
    return tuple(_without_unrelated(claim, texts, tool_context) for claim in claims)


def _without_unrelated(claim: Claim, texts: Mapping[str, str], tool_context: ToolContext) -> Claim:
    if len(claim.evidence_ids) < 2:
        return claim
    kinds = {tool_context.table.records[i].kind for i in claim.evidence_ids}
    shares = held_shares(f"{claim.quote} {claim.text}", texts)
    if kinds & set(KINDS_WITHOUT_SPANS) or shares.get(claim.evidence_ids[0], 0.0) < MIN_HELD_SHARE:
        return claim
    first, *others = claim.evidence_ids
    related = (i for i in others if shares.get(i, 0.0) >= MIN_RELATED_SHARE)
    return replace(claim, evidence_ids=(first, *related))


def _shortest_part_with(tool_context: ToolContext, record: Evidence, texts: Sequence[str]) -> str:
    """The id of the shortest part of a record that contains the first of some texts that it contains at all.

    Empty where it contains none, where all of the record is needed, and where the evidence table is full.
    """
    spans_by_id = read_spans(tool_context.catalog, record.span_ids)
    spans = [spans_by_id[i] for i in record.span_ids if i in spans_by_id]
    full_text = " ".join(span.words.text for span in spans)
    words = next((text for text in texts if holds_quote(full_text, text)), "")
    if not words or len(spans) < 2:
        return ""
    start, stop = _shortest_run([span.words for span in spans], words, coverage(words, full_text))
    if stop - start == len(spans):
        return ""
    return tool_context.table.add(spans_evidence(tool_context, spans[start:stop], record.match))


def _shortest_run(spans: Sequence[Words], words: str, share: float) -> tuple[int, int]:
    """First and last span (exclusive) of the shortest run that contains this share of some words."""
    best, stop = (0, len(spans)), 1
    for start in range(len(spans)):
        stop = max(stop, start + 1)
        while coverage(words, " ".join(span.text for span in spans[start:stop])) < share:
            stop += 1
            if stop > len(spans):
                return best
        length_s = spans[stop - 1].window.end_s - spans[start].window.start_s
        if length_s < spans[best[1] - 1].window.end_s - spans[best[0]].window.start_s:
            best = (start, stop)
    return best


def held_shares(claim: str, texts: Mapping[str, str]) -> dict[str, float]:
    """For each text the share of a claim that it contains, 0 to 1.

    Words in few of the texts count more (inverse document frequency). All are 0 where no text contains a word
    of the claim.

    >>> texts = {"E1": "The shop closes at six.", "E2": "The shop sells bread and milk."}
    >>> [f"{share:.2f}" for share in held_shares("The shop sells milk.", texts).values()]
    ['0.24', '1.00']
    """
    words = {word.key: word for word in words_in(claim) if not is_stop_word(word.key)}
    ids_by_word = {
        key: [i for i in texts if match_word(word, texts[i]) != "none"] for key, word in words.items()
    }
    weights = {key: math.log1p(len(texts) / len(ids)) for key, ids in ids_by_word.items() if ids}
    total = sum(weights.values())
    return {
        i: sum(w for key, w in weights.items() if i in ids_by_word[key]) / total if total else 0.0
        for i in texts
    }
