"""Which evidence a claim of a model stands on, found by its words.

Models, small ones above all, write down what they have read and name an id that stands near it. Code finds
the record that holds most of a claim, and cites first those of its spans that hold the quote.
"""

import math
from collections.abc import Mapping, Sequence
from typing import Any

from playhead_agent.planner.brief import spans_evidence
from playhead_index.literal import words_in
from playhead_index.words.protocol import Words
from playhead_tools.citations import WORDLESS_KINDS, holds_quote, stored_texts
from playhead_tools.evidence import Evidence
from playhead_tools.match import coverage, is_stop_word, match_word
from playhead_tools.retrieval import read_spans
from playhead_tools.toolbox.context import ToolContext

CITED, RANKED = 0.25, 0.4
"""What counts beside the part of a claim that a record holds: that the model cites it, and that the search
for the question ranks it first (half as much for the second, and so on)."""
MIN_HELD = 0.5
"""Part of a claim that a record must hold to be cited where the model does not cite it."""


def attributed(
    conclusion: Mapping[str, Any], tool_context: ToolContext, ranked: Sequence[str]
) -> dict[str, Any]:
    """A conclusion whose claims cite first what holds most of them.

    Where the quote of a claim, or its text, stands in a part of that record, this part is put into the
    evidence table and cited in its place.

    Args:
        conclusion: of the toolbox.
        tool_context: the evidence of the run.
        ranked: ids in the order in which a search for the question ranked them.
    """
    if (
        "claims" not in conclusion or tool_context.computed or tool_context.scans
    ):  # a computed number is tied to its ids
        return dict(conclusion)
    texts = stored_texts(tool_context.catalog, tool_context.table.records.values())
    rank = {evidence_id: at for at, evidence_id in enumerate(ranked)}
    rows = []
    for row in conclusion["claims"]:
        kinds = {tool_context.table.records[i].kind for i in row["evidence_ids"]}
        if not kinds or kinds & set(WORDLESS_KINDS):  # words do not tell what is seen
            rows.append(row)
            continue
        held = held_shares(f"{row.get('quote', '')} {row['text']}", texts)
        cited = row["evidence_ids"]
        worth = {
            i: held.get(i, 0.0) + CITED * (i in cited) + RANKED / (1 + rank.get(i, len(texts)))
            for i in {*texts, *cited}
        }
        best = max(texts, key=lambda i: worth[i], default="")
        more = [best] if best not in cited and held[best] >= MIN_HELD else []
        ordered = sorted(cited, key=lambda i: -worth[i])
        ids = [*(i for i in more if worth[i] > worth[ordered[0]]), *ordered]
        part = _part_with(
            tool_context, tool_context.table.records[ids[0]], (row.get("quote", ""), row["text"])
        )
        rows.append({**row, "evidence_ids": [part or ids[0], *ids[1:]]})
    return {**conclusion, "claims": rows}


def _part_with(tool_context: ToolContext, record: Evidence, said: Sequence[str]) -> str:
    """The id of the shortest part of a record that holds the first of some texts which stands in it.

    Empty where none does, where it needs the whole record, and where the evidence table is full.
    """
    stored = read_spans(tool_context.catalog, record.span_ids)
    spans = [stored[i] for i in record.span_ids if i in stored]
    whole = " ".join(span.words.text for span in spans)
    words = next((text for text in said if holds_quote(whole, text)), "")
    if not words or len(spans) < 2:
        return ""
    start, stop = _shortest_run([span.words for span in spans], words, coverage(words, whole))
    if stop - start == len(spans):
        return ""
    return tool_context.table.add(spans_evidence(tool_context, spans[start:stop], record.match))


def _shortest_run(spans: Sequence[Words], wanted: str, share: float) -> tuple[int, int]:
    """From which span to which (exclusive) the shortest stretch goes that holds so much of some words."""
    best, stop = (0, len(spans)), 1
    for start in range(len(spans)):
        stop = max(stop, start + 1)
        while coverage(wanted, " ".join(span.text for span in spans[start:stop])) < share:
            stop += 1
            if stop > len(spans):
                return best
        length_s = spans[stop - 1].window.end_s - spans[start].window.start_s
        if length_s < spans[best[1] - 1].window.end_s - spans[best[0]].window.start_s:
            best = (start, stop)
    return best


def held_shares(claim: str, texts: Mapping[str, str]) -> dict[str, float]:
    """For each text the part of a claim that stands in it, 0 to 1.

    Words that stand in few of the texts count more (inverse document frequency). All are 0 where no word of
    the claim stands in any text.

    >>> texts = {"E1": "The shop closes at six.", "E2": "The shop sells bread and milk."}
    >>> [f"{share:.2f}" for share in held_shares("The shop sells milk.", texts).values()]
    ['0.24', '1.00']
    """
    words = {word.key: word for word in words_in(claim) if not is_stop_word(word.key)}
    there = {key: [i for i in texts if match_word(word, texts[i]) != "none"] for key, word in words.items()}
    weights = {key: math.log1p(len(texts) / len(ids)) for key, ids in there.items() if ids}
    total = sum(weights.values())
    return {
        i: sum(w for key, w in weights.items() if i in there[key]) / total if total else 0.0 for i in texts
    }
