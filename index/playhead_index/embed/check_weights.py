"""The one rule for weights: a model's files hold exactly the weights that the model has."""

import json
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path

from playhead_index.errors import ModelUnavailable

INDEX = "model.safetensors.index.json"
MAX_NAMED = 4
Shape = Sequence[int]


def refuse_other_weights(
    missing: Collection[str],
    unexpected: Collection[str],
    mismatched: Collection[tuple[str, Shape, Shape]] = (),
) -> None:
    """Nothing, when there are none of them.

    Args:
        missing: names of weights that the model has and its files lack.
        unexpected: names of weights that its files hold and the model has no place for.
        mismatched: (name, shape in the files, shape in the model).

    Raises:
        ValueError: naming the first few and how many there are; loaded all the same, such a model would
            compute with random numbers.

    >>> refuse_other_weights(["a.weight"], [])
    Traceback (most recent call last):
    ...
    ValueError: its files lack 1 weight: a.weight
    """
    shapes = {
        name: f"{name} {list(found_shape)} instead of {list(expected_shape)}"
        for name, found_shape, expected_shape in mismatched
    }
    parts = [
        f"{problem} {_counted(names)}"
        for problem, names in (
            ("lack", sorted(missing)),
            ("hold and the model has no place for", sorted(unexpected)),
            ("hold in another shape", [shapes[name] for name in sorted(shapes)]),
        )
        if names
    ]
    if parts:
        raise ValueError(f"its files {'; they '.join(parts)}")


def compare_weights(files: Mapping[str, Shape], model: Mapping[str, Shape]) -> None:
    """Nothing, when the weights of files are those of a model, by names and shapes.

    Raises:
        ValueError: as `refuse_other_weights`.
    """
    both = files.keys() & model.keys()
    refuse_other_weights(
        model.keys() - files.keys(),
        files.keys() - model.keys(),
        [(name, files[name], model[name]) for name in both if tuple(files[name]) != tuple(model[name])],
    )


def check_files(folder: Path) -> None:
    """Nothing, when the weights in a folder are whole, found out from their headers without loading them.

    Every part that the index names is there and as long as its header says, and holds the weights that the
    index expects of it.

    Raises:
        ModelUnavailable: a part is missing, cut off or no safetensors, or weights are missing; it names them.
    """
    index = folder / INDEX
    try:
        if index.is_file():
            expected: dict[str, str] = json.loads(index.read_text("utf-8"))["weight_map"]
            for part in sorted(set(expected.values())):
                held = _names(folder / part)
                refuse_other_weights({name for name, at in expected.items() if at == part} - held, ())
        elif not (parts := sorted(folder.glob("*.safetensors"))):
            raise ValueError("there is no *.safetensors")
        else:
            for path in parts:
                _names(path)
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise ModelUnavailable(f"the weights in {folder} cannot be used: {error}") from error


def _names(path: Path) -> set[str]:
    """The names of the weights in a safetensors file that is as long as its header says.

    Raises:
        OSError: it cannot be read.
        ValueError: it is cut off or damaged.
    """
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(path, framework="numpy") as file:
            return set(file.keys())
    except SafetensorError as error:
        raise ValueError(f"{path.name} is cut off or damaged ({error})") from error


def _counted(names: Sequence[str]) -> str:
    more = f", … and {len(names) - MAX_NAMED} more" if len(names) > MAX_NAMED else ""
    return f"{len(names)} weight{'' if len(names) == 1 else 's'}: {', '.join(names[:MAX_NAMED])}{more}"
