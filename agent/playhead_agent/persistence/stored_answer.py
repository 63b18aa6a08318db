"""An answer from a run's state, with the text of its evidence read back from the catalog."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from playhead_tools.catalog_cache import CatalogCache
from playhead_tools.citations import texts_of
from playhead_tools.evidence import Answer


def restore_answer(record: Mapping[str, Any], cache: CatalogCache, thread_id: str) -> Answer:
    """The answer in a state, with the text of its evidence read back from the catalog."""
    answer = Answer.from_json(record)
    spans, speakers = cache.spans_of(answer.evidence), cache.speakers
    texts = texts_of(cache.catalog, answer.evidence, spans)
    evidence = tuple(
        replace(
            one,
            text=texts[one.id],
            speaker=speakers.of_spans(spans[n] for n in one.span_ids if n in spans),
        )
        for one in answer.evidence
    )
    return replace(answer, evidence=evidence, thread_id=thread_id)
