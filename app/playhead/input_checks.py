"""Checks of what a person types, before anything is searched."""

from collections.abc import Sequence
from pathlib import Path

from playhead_index.clean_text import clean_text, one_line
from playhead_index.paths import expand_path
from playhead_index.search.results import LANES, Lane
from playhead_index.text_limits import LIMITS
from playhead_tools.video_llm.call_defaults import MAX_IMAGES
from playhead_tools.video_llm.parse_response import LETTERS

QUESTION, SEARCH_TEXT = "the question", "the search text"
EXAMPLES = {QUESTION: "when is entropy mentioned?", SEARCH_TEXT: "entropy"}


def checked_text(text: str, what: str = QUESTION) -> str:
    """A question or a search text without control characters and lone surrogates.

    Args:
        text: as it was typed.
        what: what to call it in a message.

    Raises:
        ValueError: it holds no letter and no digit, or is longer than `text_limits` allows.
    """
    if len(text) > LIMITS.question_chars:
        raise ValueError(
            f"{what} has {len(text)} characters, at most {LIMITS.question_chars} are read; shorten it"
        )
    cleaned = clean_text(text)
    if not any(character.isalnum() for character in cleaned):
        got = f"has no letter or digit ({one_line(cleaned)[:40]!r})" if cleaned.strip() else "is empty"
        raise ValueError(f"{what} {got}; give some words, such as: {EXAMPLES.get(what, EXAMPLES[QUESTION])}")
    return cleaned


def cleaned_hotwords(hotwords: str | None) -> str | None:
    """Hotwords without control characters and lone surrogates, on one line; empty for none.

    Args:
        hotwords: as they were typed; None where they were not given.

    >>> cleaned_hotwords(" ComfyUI,  Playhead "), cleaned_hotwords("")
    ('ComfyUI, Playhead', '')
    """
    return None if hotwords is None else " ".join(one_line(clean_text(hotwords)).split())


def checked_options(options: Sequence[str]) -> tuple[str, ...]:
    """The options of a multiple choice, cleaned.

    Raises:
        ValueError: one of them is empty or longer than `text_limits` allows, or there are more than letters.
    """
    if len(options) > len(LETTERS):
        raise ValueError(
            f"got {len(options)} options, at most {len(LETTERS)} can be told apart by a letter; give fewer"
        )
    cleaned = tuple(map(clean_text, options))
    for number, option in enumerate(cleaned, 1):
        if not option.strip():
            raise ValueError(f"option {number} is empty; give each option some text")
        if len(option) > LIMITS.option_chars:
            raise ValueError(
                f"option {number} has {len(option)} characters, at most {LIMITS.option_chars} are read"
            )
    return cleaned


def checked_thread_id(thread_id: str | None) -> str | None:
    """The name of a conversation, cleaned, on one line.

    Raises:
        ValueError: it is empty or longer than `text_limits` allows.
    """
    if thread_id is None:
        return None
    cleaned = one_line(thread_id).strip()
    if not cleaned or len(cleaned) > LIMITS.thread_id_chars:
        raise ValueError(
            f"the name of a conversation has 1 to {LIMITS.thread_id_chars} characters, got {len(cleaned)}"
        )
    return cleaned


def as_names(names: Sequence[str], what: str = "videos") -> Sequence[str]:
    """Names as they are; a single name would be taken letter by letter.

    Raises:
        TypeError: it is one name and no sequence of names.
    """
    if isinstance(names, str):
        raise TypeError(f"{what} is a sequence of names, got one: write [{names!r}]")
    return names


def image_paths(images: Path | str | Sequence[Path | str]) -> tuple[str, ...]:
    """The absolute paths of image files, or of one of them.

    Raises:
        ValueError: there are more than a look shows.
    """
    files = [images] if isinstance(images, str | Path) else list(images)
    if len(files) > MAX_IMAGES:
        raise ValueError(f"at most {MAX_IMAGES} images are shown with a question, got {len(files)}")
    return tuple(str(expand_path(file).absolute()) for file in files)


def checked_lanes(lanes: Sequence[str]) -> tuple[Lane, ...]:
    """Lanes of a search by their names.

    Raises:
        TypeError: it is one name and no sequence of names.
        ValueError: there is no modality of such a name.
    """
    known: dict[str, Lane] = {lane: lane for lane in LANES}
    for name in as_names(lanes, "lanes"):
        if name not in known:
            raise ValueError(f"no modality {name!r}; there are {', '.join(LANES)}")
    return tuple(known[name] for name in lanes)
