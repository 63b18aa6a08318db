"""The names of the videos of a library.

Every table, answer and message takes its names from `video_names`, so that a name means one video everywhere.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from difflib import get_close_matches
from pathlib import Path

from playhead_index.errors import VideoUnknown
from playhead_index.paths import display_path, expand_path, resolve_path
from playhead_index.store.catalog import Catalog
from playhead_index.store.places import read_all_places, retired_versions
from playhead_index.store.videos import read_video_ids

MIN_ID_PREFIX = 4
MAX_LISTED = 10
MAX_SUGGESTED = 3
MIN_WORD = 4
"""Characters that a word of a name has at least to be compared by itself."""
MIN_SIMILARITY = 0.7
"""Of a suggested name, by `difflib`: `sillent.mp4` has 0.95 with `silent.mp4`, 0.64 with `lecture.mp4`."""


class VideoNames(dict[str, str]):
    """The name of each video by id. An id that is not there, such as of a removed video, is its own name."""

    def __missing__(self, video_id: str) -> str:
        """The id itself."""
        return video_id


def video_names(catalog: Catalog) -> VideoNames:
    """The name of every video: its file's, with as many folders before it as tell it from the others.

    A video of which no place is known is called by its id; one that stands at several places by the first; a
    retired one (`store.places`) as its file was, marked.
    """
    replaced = {version.video_id: f"{version.name} (replaced)" for version in retired_versions(catalog)}
    return VideoNames(replaced | _live_names(catalog))


def _live_names(catalog: Catalog) -> VideoNames:
    first: dict[str, Path] = {}
    for video_id, path in read_all_places(catalog):
        first.setdefault(video_id, path)
    return VideoNames(distinct_names(first))


def distinct_names(paths: Mapping[str, Path]) -> dict[str, str]:
    """The shortest ends of paths that differ from one another, by the keys of the paths.

    >>> distinct_names({"a": Path("/x/mon/talk.mp4"), "b": Path("/x/tue/talk.mp4"), "c": Path("/x/c.mp4")})
    {'a': 'mon/talk.mp4', 'b': 'tue/talk.mp4', 'c': 'c.mp4'}
    """
    names = dict.fromkeys(paths, "")
    same, depth = list(paths), 1
    while same:
        by_end: dict[str, list[str]] = {}
        for key in same:
            by_end.setdefault(_end_of(paths[key], depth), []).append(key)
        names |= {key: end for end, keys in by_end.items() for key in keys}
        same = [
            key for keys in by_end.values() for key in keys if len(keys) > 1 and len(paths[key].parts) > depth
        ]
        depth += 1
    return names


def find_video(catalog: Catalog, name: str) -> str:
    """The id of the video that a person means.

    In this order: an id, the start of one, a path, a name as `video_names` gives it, a file's name, that
    without its ending, and a part of a name in any case that only one video has.

    Raises:
        VideoUnknown: none fits, and the message suggests some; or several do, and it lists them.
    """
    names = _live_names(catalog)
    known = [*read_all_places(catalog), *((video_id, Path()) for video_id in read_video_ids(catalog))]
    for fits in _name_tests(name, names) if name else ():
        found: dict[str, None] = dict.fromkeys(v for v, path in known if fits(v, path))
        if len(found) == 1:
            return next(iter(found))
        if found:
            raise VideoUnknown(
                f"{name!r} fits {len(found)} videos: {_list_videos(found, names)}; give the id"
            )
    raise VideoUnknown(
        f"no video {name!r} in this library; {_suggestion(name, names)}`playhead list` shows what it holds"
    )


def _name_tests(name: str, names: Mapping[str, str]) -> Sequence[Callable[[str, Path], bool]]:
    """Tests of whether a video at a path is meant by a name, which is not empty; the strictest first."""
    folded, resolved = name.casefold(), resolve_path(expand_path(name))
    return (
        lambda video_id, path: video_id == name,
        lambda video_id, path: len(name) >= MIN_ID_PREFIX and video_id.startswith(name),
        lambda video_id, path: path == resolved,
        lambda video_id, path: name in (names[video_id], path.name, display_path(path.name)),
        lambda video_id, path: name in (path.stem, display_path(path.stem)),
        lambda video_id, path: folded in (names[video_id].casefold(), path.name.casefold()),
        lambda video_id, path: folded == path.stem.casefold(),
        lambda video_id, path: folded in f"{names[video_id]}\n{path.name}".casefold(),
    )


def _list_videos(video_ids: Iterable[str], names: Mapping[str, str]) -> str:
    listed = [f"{names[video_id]} ({video_id})" for video_id in video_ids]
    more = f" and {len(listed) - MAX_LISTED} more" if len(listed) > MAX_LISTED else ""
    return ", ".join(listed[:MAX_LISTED]) + more


def _suggestion(name: str, names: Mapping[str, str]) -> str:
    by_form: dict[str, dict[str, None]] = {}
    for video_name in names.values():
        words = [word for word in re.split(r"[\W_]", video_name) if len(word) >= MIN_WORD]
        for form in (video_name, Path(video_name).name, Path(video_name).stem, *words):
            by_form.setdefault(form.casefold(), {})[video_name] = None
    close = get_close_matches(name.casefold(), by_form, n=MAX_SUGGESTED, cutoff=MIN_SIMILARITY)
    suggested = list(dict.fromkeys(video_name for form in close for video_name in by_form[form]))[
        :MAX_SUGGESTED
    ]
    return f"did you mean {' or '.join(suggested)}? " if suggested else ""


def _end_of(path: Path, depth: int) -> str:
    return display_path(Path(*path.parts[-depth:]))
