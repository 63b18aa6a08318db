"""The calls that find a benchmark's reader or writer by its name and check what it is given."""

from collections.abc import Iterable, Sequence
from pathlib import Path

from playhead_bench.evaluate.formats.prediction_rows import check
from playhead_bench.evaluate.formats.records import Dataset, FormatUnreadable, Prediction, Predictions
from playhead_bench.evaluate.formats.registry import FORMATS, Format
from playhead_bench.evaluate.sample import Sample


def _named(name: str) -> Format:
    if name not in FORMATS:
        raise ValueError(f"no format {name!r}; there are {', '.join(FORMATS)}")
    return FORMATS[name]


def read(format_name: str, path: Path | str, **extra_paths: Path | str) -> Dataset:
    """The questions of a benchmark's file, and the rows of it that could not be used.

    Videos are never opened. Windows that pass the end of their video by less than a second are cut there,
    which `meta["notes"]` of the sample says.

    Args:
        format_name: one of `FORMATS`.
        path: of the file, or of the folder where the format has one.
        extra_paths: the further files that the format takes, by the names in `extra` and `needs`.

    Raises:
        FormatUnreadable: the file is not of that format.
        ValueError: there is no such format, or its further files are not these.
    """
    format_ = _named(format_name)
    allowed_files = (*format_.extra, *format_.needs)
    if strange := sorted(set(extra_paths) - set(allowed_files)):
        raise ValueError(f"{format_name} takes {allowed_files or 'no further files'}, got {strange}")
    if missing := [name for name in format_.needs if name not in extra_paths]:
        raise ValueError(f"{format_name} needs {missing} as well")
    if not Path(path).exists():
        raise FormatUnreadable(path, "no such file")
    return format_.reader(Path(path), **{key: Path(value) for key, value in extra_paths.items()})


def write(
    format_name: str,
    path: Path | str,
    samples: Iterable[Sample],
    predictions: Sequence[Prediction],
    *,
    complete: bool = False,
    **extra_paths: Path | str,
) -> Path:
    """Writes predictions in the form that the benchmark's own script reads, and gives the file's path.

    Everything is checked before; the file appears whole or not at all.

    Args:
        format_name: one of `FORMATS` that has a writer.
        path: of the file to write.
        samples: the questions.
        predictions: the answers to them.
        complete: refuse to leave a sample without a prediction, as some official scripts do.
        extra_paths: `video2idx` for tvr, see `write_tvr`.

    Raises:
        PredictionsInvalid: the predictions do not fit the samples or the format.
        FormatError: the file cannot be written.
        ValueError: there is no such format, or it has no writer.
    """
    writer = _named(format_name).writer
    if writer is None:
        raise ValueError(f"{format_name} has no official form of predictions")
    by_id = {sample.id: sample for sample in samples}
    check(by_id, predictions, complete)
    more = {key: Path(value) for key, value in extra_paths.items()}
    writer(Path(path), by_id, predictions, **more)
    return Path(path)


def read_predictions(format_name: str, path: Path | str) -> Predictions:
    """The predictions in a file that `write`, or somebody else, wrote in a benchmark's official form.

    Raises:
        FormatUnreadable: the file is not of that form.
        ValueError: there is no such format, or it has no official form of predictions.
    """
    reader = _named(format_name).predictions
    if reader is None:
        raise ValueError(f"{format_name} has no official form of predictions")
    return reader(Path(path))
