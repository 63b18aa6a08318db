"""Options of a multiple choice that stand in the text of a question, and the folders that it names."""

import re

from playhead_tools.question_vocabulary import QUESTION_WORDS, re_any_case

_MARK = re.compile(r"(?:(?<=^)|(?<=[\s,;?:.]))[(\[]?(?P<letter>[A-Ha-h])[).\]:]\s+(?=\S)")
_NO_NAME = rf"(?:{QUESTION_WORDS}|the|a|an|he|she|it|they|name|tell|count|find|show)\b"
_PATH = r"[.~-]*+[\w/\ue000\ue001]++(?:[.~-]++[\w/\ue000\ue001]++)*+"
_FOLDERS = re_any_case(
    r"\s*\b(?:(?:in|of|from)\s+(?:all\s+|only\s+)?(?:the\s+)?(?:videos?|clips?|films?)\s+)?(?:in|of|from|inside|under)\s+"
    r"(?:the\s+)?(?:folders?|director(?:y|ies))\s+(?:named\s+|called\s+)?"
    rf"(?P<names>{_PATH}(?:\s*(?:,|\bor\b|\band\b)\s*(?!{_NO_NAME}){_PATH})*)"
)
_BETWEEN_NAMES = re_any_case(r"\s*(?:,|\bor\b|\band\b)\s*(?:(?:or|and)\s+)?")


def split_options(text: str) -> tuple[str, tuple[str, ...]]:
    """A question and its options, where they stand behind it with letters: `A) red B) blue`, `A. red`.

    They count as options when the letters run from A without a gap, two at least.

    >>> split_options("What colour is the car? A) red B) blue")
    ('What colour is the car?', ('red', 'blue'))
    """
    marks: list[re.Match[str]] = []
    for mark in _MARK.finditer(text):
        if mark["letter"].upper() == chr(ord("A") + len(marks)):
            marks.append(mark)
    if len(marks) < 2 or not text[: marks[0].start()].strip():
        return text, ()
    ends = [*(mark.start() for mark in marks[1:]), len(text)]
    options = tuple(text[mark.end() : end].strip(" \t\n,;") for mark, end in zip(marks, ends, strict=True))
    if not all(options):
        return text, ()
    return re.sub(
        r"(?:options?|choices)\s*+(?::\s*+)?$", "", text[: marks[0].start()], flags=re.I
    ).strip(), options


def split_folders(text: str) -> tuple[str, tuple[str, ...]]:
    """A question without the words that name folders, and the folders to which it keeps itself.

    >>> split_folders("When does the dog bark in the folder beach?")
    ('When does the dog bark?', ('beach',))
    """
    found = _FOLDERS.search(text)
    if found is None:
        return text, ()
    names = tuple(name for name in _BETWEEN_NAMES.split(found["names"]) if name)
    rest = f"{text[: found.start()]} {text[found.end() :]}"
    return re.sub(r"\s+([?.!,])", r"\1", " ".join(rest.split())).lstrip(", "), names
