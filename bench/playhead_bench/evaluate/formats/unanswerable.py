"""Readers of what is not there, or only once: UVQA, needles in a haystack; and MiRAGE's written answers."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from playhead_bench.evaluate.formats.fields import (
    answer_of,
    embedded_options,
    first,
    identifier,
    needed,
    text_of,
)
from playhead_bench.evaluate.formats.prediction_rows import by_key, refuse
from playhead_bench.evaluate.formats.records import (
    BadRow,
    Dataset,
    InvalidRow,
    Prediction,
    Predictions,
    ReportSentence,
)
from playhead_bench.evaluate.formats.row_files import LocatedRow, keyed, read_json, read_rows, write_json
from playhead_bench.evaluate.formats.samples_from_rows import gather
from playhead_bench.evaluate.sample import Sample


def read_uvqa(path: Path) -> Dataset:
    """UVQA: questions about something that the video does not show; one file or the folder of three.

    The kind is what was exchanged (object, attribute or relation); the answer says why there is none.

    Raises:
        FormatUnreadable: it is not that format.
    """

    def make(located_row: LocatedRow) -> Sample:
        row = located_row.row
        exchanged = [key.removeprefix("generated_") for key in row if key.startswith("generated_")]
        return Sample(
            id=identifier(first(row, ("id", "qid")) or located_row.where.replace(".json[", "_").rstrip("]")),
            video_ids=(identifier(needed(row, ("vid", "video", "video_id"))),),
            question=text_of(needed(row, ("new_question", "question"))),
            answer=text_of(needed(row, ("new_answer", "answer"))),
            kind=exchanged[0] if exchanged else "",
            answerable=False,
            meta={key: value for key, value in row.items() if key.startswith(("orig_", "generated_"))},
        )

    return gather(path, read_rows(path), make)


def read_needles(path: Path) -> Dataset:
    """V-NIAH (Zhang et al., 2024): images to hide in a long video, each with a question about it.

    The samples name no video: at which depth of which video a needle is put is up to the run. `meta["path"]`
    is the image, as the file writes it.

    Raises:
        FormatUnreadable: it is not that format.
    """

    def make(located_row: LocatedRow) -> Sample:
        prompt = text_of(needed(located_row.row, ("prompt",)))
        image, gold = text_of(needed(located_row.row, ("path",))), needed(located_row.row, ("answer",))
        question, options = embedded_options(prompt)
        meta = {"path": image, "prompt": prompt}
        sample = Sample(Path(image).stem, (), question, answer=text_of(gold), kind="needle", meta=meta)
        if not options:
            return sample
        index = answer_of(gold, options, ("letter", "text"))
        return replace(sample, options=options, answer=options[index], answer_index=index)

    return gather(path, read_rows(path), make)


def read_mirage(path: Path) -> Dataset:
    """MiRAGE references (WikiVideo): by topic, an article and the videos that support each of its claims.

    `meta["claims"]` is an object of claim and its supporting videos, `meta["modalities"]` of claim and what
    in each video supports it.

    Raises:
        FormatUnreadable: it is not that format.
    """
    value, doubled = read_json(path)

    def make(located_row: LocatedRow) -> Sample:
        topic, claims = located_row.row["topic"], needed(located_row.row, ("claims_to_supporting_videos",))
        if not isinstance(claims, dict) or not all(isinstance(claim, dict) for claim in claims.values()):
            raise InvalidRow(f"claims_to_supporting_videos must be an object of objects, got {claims!r}")
        videos = {claim: _texts(support.get("supporting_videos")) for claim, support in claims.items()}
        modalities = {claim: support.get("videos_modalities", {}) for claim, support in claims.items()}
        article = needed(located_row.row, ("article", "original_article"))
        return Sample(
            id=topic,
            video_ids=tuple(dict.fromkeys(video for supporting in videos.values() for video in supporting)),
            question=topic,
            answer=" ".join(_texts(article)) if isinstance(article, list) else text_of(article),
            kind="article",
            meta={"claims": videos, "modalities": modalities},
        )

    rows = [
        LocatedRow(where, {**record, "topic": topic})
        if isinstance(record, dict)
        else BadRow(where, "not an object")
        for where, topic, record in keyed(path, value)
    ]
    return gather(path, [*doubled, *rows], make)


def _texts(value: Any) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise InvalidRow(f"expected a list of texts, got {value!r}")
    return tuple(value)


def write_mirage(path: Path, samples: Mapping[str, Sample], predictions: Sequence[Prediction]) -> None:
    """Writes written answers as MiRAGE reads them: the text, its sentences, and claims and videos of each.

    Raises:
        PredictionsInvalid: a prediction has no sentences.
    """
    refuse([f"{p.id}: no sentences" for p in predictions if not p.sentences])
    rows = {
        p.id: {
            "prediction": " ".join(sentence.text for sentence in p.sentences),
            "sentences": [sentence.text for sentence in p.sentences],
            "claims": [list(sentence.claims) for sentence in p.sentences],
            "citations": [list(sentence.video_ids) for sentence in p.sentences],
        }
        for p in predictions
    }
    write_json(path, rows)


def read_mirage_predictions(path: Path) -> Predictions:
    """The written answers in such a file.

    Raises:
        FormatUnreadable: it is not that format.
    """

    def make(topic: str, value: Any) -> Prediction:
        lists = [
            value.get(key) if isinstance(value, dict) else None
            for key in ("sentences", "claims", "citations")
        ]
        if not all(isinstance(item, list) for item in lists) or len({len(item or ()) for item in lists}) != 1:
            raise InvalidRow("expected sentences, claims and citations, as many of each")
        sentences = [
            ReportSentence(text_of(text), _texts(claims), _texts(videos))
            for text, claims, videos in zip(*lists, strict=True)
        ]
        return Prediction(topic, sentences=tuple(sentences))

    return by_key(path, make)
