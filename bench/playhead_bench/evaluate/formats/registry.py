"""Every benchmark that the harness reads, by name."""

from collections.abc import Callable
from dataclasses import dataclass

from playhead_bench.evaluate.formats import (
    choice_json,
    moment_rows,
    nested_moments,
    nextqa,
    unanswerable,
    write_choices,
    write_moments,
)
from playhead_bench.evaluate.formats.records import Dataset, Predictions

Reader = Callable[..., Dataset]
Writer = Callable[..., None]
PredictionReader = Callable[..., Predictions]


@dataclass(frozen=True, slots=True)
class Format:
    """One benchmark.

    Args:
        name: under which `read` finds it.
        file: what file its questions stand in.
        source: who made it.
        reader: of its questions.
        writer: of predictions in its official form; None where there is no such form.
        predictions: reads what `writer` writes.
        extra: names of the further files that `reader` takes.
        needs: names of those that it cannot do without.
    """

    name: str
    file: str
    source: str
    reader: Reader
    writer: Writer | None = None
    predictions: PredictionReader | None = None
    extra: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()


_TABLE = (
    Format(
        "egoschema",
        "questions.json (a list, or an object by uid), rows of lmms-eval",
        "Mangalam et al., 2023, arXiv:2308.09126",
        choice_json.read_egoschema,
        write_choices.write_egoschema,
        write_choices.read_egoschema_predictions,
        ("answers",),
    ),
    Format(
        "nextqa",
        "val.csv, test.csv, or rows of the hub",
        "Xiao et al., 2021, arXiv:2105.08276",
        nextqa.read_nextqa,
        nextqa.write_nextqa,
        nextqa.read_nextqa_predictions,
        ("vidor_map",),
    ),
    Format(
        "nextgqa",
        "val.csv or test.csv, with gsub_val.json or gsub_test.json as `grounding`",
        "Xiao et al., 2024, arXiv:2309.01327",
        nextqa.read_nextgqa,
        nextqa.write_nextgqa,
        nextqa.read_nextgqa_predictions,
        needs=("grounding",),
    ),
    Format(
        "videomme",
        "JSON by video, or one question a row (JSON, CSV, Parquet)",
        "Fu et al., 2024, arXiv:2405.21075",
        choice_json.read_videomme,
        write_choices.write_videomme,
        write_choices.read_videomme_predictions,
    ),
    Format(
        "mlvu",
        "one JSON file of a task, or the folder of them",
        "Zhou et al., 2024, arXiv:2406.04264",
        choice_json.read_mlvu,
        write_choices.write_mlvu,
        write_choices.read_mlvu_predictions,
    ),
    Format(
        "lvbench",
        "video_info.meta.jsonl",
        "Wang et al., 2024, arXiv:2406.08035",
        choice_json.read_lvbench,
        write_choices.write_lvbench,
        write_choices.read_lvbench_predictions,
    ),
    Format(
        "longvideobench",
        "lvb_val.json, or rows of the hub",
        "Wu et al., 2024, arXiv:2407.15754",
        choice_json.read_longvideobench,
        write_choices.write_longvideobench,
        write_choices.read_longvideobench_predictions,
    ),
    Format(
        "hourvideo",
        "JSON by video",
        "Chandrasegaran et al., 2024, arXiv:2411.04998",
        choice_json.read_hourvideo,
    ),
    Format(
        "cgbench",
        "cgbench.json",
        "Chen et al., 2024, arXiv:2412.12075",
        choice_json.read_cgbench,
        write_choices.write_cgbench,
        write_choices.read_cgbench_predictions,
    ),
    Format(
        "lvhaystack", "JSON rows or columns", "Ye et al., 2025, arXiv:2504.02259", choice_json.read_lvhaystack
    ),
    Format("ava100", "JSON by video", "AVA-100, Project Ava, NSDI 2026", choice_json.read_ava100),
    Format(
        "qvhighlights",
        "highlight_val_release.jsonl",
        "Lei et al., 2021, arXiv:2107.09609",
        moment_rows.read_qvhighlights,
        write_moments.write_qvhighlights,
        write_moments.read_qvhighlights_predictions,
    ),
    Format(
        "navmr",
        "JSON Lines as of QVHighlights, [[0, 0]] for none",
        "NA-VMR, negative queries over QVHighlights and Charades-STA",
        moment_rows.read_navmr,
        write_moments.write_qvhighlights,
        write_moments.read_qvhighlights_predictions,
    ),
    Format(
        "charades",
        "charades_sta_test.txt, or rows of the hub or of TimeChat",
        "Gao et al., 2017, arXiv:1705.02101",
        moment_rows.read_charades,
        write_moments.write_charades,
        write_moments.read_charades_predictions,
        ("durations",),
    ),
    Format(
        "activitynet",
        "val_1.json, an object by video",
        "Krishna et al., 2017, arXiv:1705.00754",
        nested_moments.read_activitynet,
        write_moments.write_charades,
        write_moments.read_charades_predictions,
    ),
    Format(
        "tvr",
        "tvr_val_release.jsonl",
        "Lei et al., 2020, arXiv:2001.09099",
        moment_rows.read_tvr,
        write_moments.write_tvr,
        write_moments.read_tvr_predictions,
    ),
    Format(
        "extremewhen",
        "JSON or JSON Lines",
        "ExtremeWhenBench, queries over hours",
        moment_rows.read_extremewhen,
    ),
    Format("hirest", "all_data_val.json", "Zala et al., 2023, arXiv:2303.16406", nested_moments.read_hirest),
    Format(
        "vniah",
        "the needles' dataset.json",
        "Zhang et al., 2024, arXiv:2406.16852",
        unanswerable.read_needles,
    ),
    Format(
        "uvqa",
        "object, attribute or relation JSON, or their folder",
        "UVQA, unanswerable questions",
        unanswerable.read_uvqa,
    ),
    Format(
        "mirage",
        "references by topic (WikiVideo)",
        "Martin et al., 2025, MiRAGE; WikiVideo arXiv:2504.00939",
        unanswerable.read_mirage,
        unanswerable.write_mirage,
        unanswerable.read_mirage_predictions,
    ),
)
FORMATS: dict[str, Format] = {format_.name: format_ for format_ in _TABLE}
"""By name, in the order in which the documentation lists them."""
