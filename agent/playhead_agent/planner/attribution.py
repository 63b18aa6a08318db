"""Which evidence a claim of a model stands on, found by its words.

Models, small ones above all, write down what they have read and name an id that stands near it. Code finds
the record that holds what a claim adds to the question, and cites that first.
"""

import math
from collections.abc import Mapping, Sequence
from typing import Any

from playhead_index.literal import Word, words_in
from playhead_tools.cite import WORDLESS_KINDS, stored_texts
from playhead_tools.match import content_words, is_stop_word, match_word, stem
from playhead_tools.toolbox.kit import Kit

MIN_HELD, MIN_GAIN = 0.5, 0.25
"""A record that was not cited is cited first where it holds so much of what a claim adds, and so much more
than any that was cited."""


def attributed(
    conclusion: Mapping[str, Any], question: str, kit: Kit, ranked: Sequence[str]
) -> dict[str, Any]:
    """A conclusion whose claims cite first what holds most of what they add to the question.

    Args:
        conclusion: of the toolbox.
        question: that was asked; its own words tell no record from another.
        kit: the evidence of the run.
        ranked: ids in the order in which a search for the question ranked them; decides where words do not.
    """
    if "claims" not in conclusion:
        return dict(conclusion)
    texts = stored_texts(kit.catalog, kit.table.records.values())
    rank = {evidence_id: at for at, evidence_id in enumerate(ranked)}
    rows = []
    for row in conclusion["claims"]:
        if any(kit.table.records[i].kind in WORDLESS_KINDS for i in row["evidence_ids"]):
            rows.append(row)  # words do not tell what is seen
            continue
        held = held_shares(f"{row.get('quote', '')} {row['text']}", question, texts)
        cited = row["evidence_ids"]

        def order(i: str, held: Mapping[str, float] = held) -> tuple[float, int]:
            return -held.get(i, 0.0), rank.get(i, len(rank))

        best = min(texts, key=order, default="")
        gain = held.get(best, 0.0) - max((held.get(i, 0.0) for i in cited), default=0.0)
        more = [best] if best not in cited and gain >= MIN_GAIN and held[best] >= MIN_HELD else []
        rows.append({**row, "evidence_ids": [*more, *sorted(cited, key=order)]})
    return {**conclusion, "claims": rows}


def held_shares(claim: str, question: str, texts: Mapping[str, str]) -> dict[str, float]:
    """For each text the part of what a claim adds to a question that stands in it, 0 to 1.

    Words that stand in few of the texts count more (inverse document frequency). All are 0 where a claim adds
    nothing that stands in any text.

    >>> texts = {"E1": "The shop closes at six.", "E2": "The shop sells bread and milk."}
    >>> held_shares("The shop sells milk.", "What does the shop sell?", texts)
    {'E1': 0.0, 'E2': 1.0}
    """
    there = {
        word: [i for i in texts if match_word(word, texts[i]) != "none"] for word in added(claim, question)
    }
    weights = {word: math.log1p(len(texts) / len(ids)) for word, ids in there.items() if ids}
    total = sum(weights.values())
    return {
        i: sum(w for word, w in weights.items() if i in there[word]) / total if total else 0.0 for i in texts
    }


def added(claim: str, question: str) -> list[Word]:
    """The content words of a claim that do not stand in the question."""
    asked = content_words(question)
    words = {word.key: word for word in words_in(claim)}
    return [word for key, word in words.items() if not is_stop_word(key) and stem(key) not in asked]
