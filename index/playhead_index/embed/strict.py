"""The one rule for weights: a model's files hold exactly the weights that the model has."""

from collections.abc import Collection, Mapping, Sequence

SHOWN = 4
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
    shapes = {name: f"{name} {list(there)} instead of {list(here)}" for name, there, here in mismatched}
    parts = [
        f"{what} {_counted(names)}"
        for what, names in (
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


def _counted(names: Sequence[str]) -> str:
    more = f", … and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
    return f"{len(names)} weight{'' if len(names) == 1 else 's'}: {', '.join(names[:SHOWN])}{more}"
