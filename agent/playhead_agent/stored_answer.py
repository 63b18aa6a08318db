"""An answer as a run's state keeps it, with the words of its evidence read back from the catalog."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from playhead_index.store.catalog import Catalog
from playhead_tools.cite import spans_of, texts_of
from playhead_tools.evidence import Answer
from playhead_tools.speaking import SpeakerNames


def read_back(record: Mapping[str, Any], catalog: Catalog, thread_id: str) -> Answer:
    """The answer that a state keeps, the words of its evidence read back from the catalog."""
    answer = Answer.from_json(record)
    spans, speakers = spans_of(catalog, answer.evidence), SpeakerNames(catalog)
    texts = texts_of(catalog, answer.evidence, spans)
    evidence = tuple(
        replace(
            one,
            text=texts[one.id],
            speaker=speakers.of_spans(spans[n] for n in one.span_ids if n in spans),
        )
        for one in answer.evidence
    )
    return replace(answer, evidence=evidence, thread_id=thread_id)
