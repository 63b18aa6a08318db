"""Questions put to a video that does not answer them: pairs of a question of a set and another video of it.

A file of pairs holds no texts: a question is named by its set and its row, and its hash guards against
another file of questions. Each pair is to be checked by reading.
"""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from playhead_bench.evaluate.errors import QuestionsInvalid
from playhead_bench.evaluate.real_questions.data import QuestionSet, RealQuestion

EXPECTED = '{"set": "meetings", "row": 3, "hash": "0123456789abcdef", "video": "qm07"}'


@dataclass(frozen=True, slots=True)
class AbsentPair:
    """A question and a video that does not answer it.

    Args:
        set_name: of the set that holds both.
        row: of the question in the set's `questions.json`, counted from 1.
        digest: `question_hash` of its text.
        video: name of the video's file without its suffix.
    """

    set_name: str
    row: int
    digest: str
    video: str


def question_hash(text: str) -> str:
    """Sixteen hexadecimal digits of a question's text.

    >>> question_hash("Where is it?")
    'dfb153f3b1364d0f'
    """
    return hashlib.blake2b(text.encode(), digest_size=8).hexdigest()


def read_pairs(path: Path) -> list[AbsentPair]:
    """The pairs of a file of one JSON object a line.

    Raises:
        QuestionsInvalid: it cannot be read, or a line is not as expected.
    """
    try:
        lines = [line for line in path.read_text("utf-8").splitlines() if line.strip()]
    except (OSError, UnicodeDecodeError) as error:
        raise QuestionsInvalid(f"{path}: cannot be read ({error})") from error
    return [_pair(line, f"{path}:{number}") for number, line in enumerate(lines, 1)]


def _pair(line: str, where: str) -> AbsentPair:
    try:
        row: dict[str, Any] = json.loads(line)
        return AbsentPair(str(row["set"]), int(row["row"]), str(row["hash"]), str(row["video"]))
    except (ValueError, KeyError, TypeError) as error:
        raise QuestionsInvalid(f"{where}: {type(error).__name__}: {error}; expected {EXPECTED}") from error


def absent_sets(sets: Sequence[QuestionSet], pairs: Sequence[AbsentPair]) -> list[QuestionSet]:
    """The sets with the questions of the pairs instead of their own, each about the video of its pair.

    Args:
        sets: whole, as `read_sets` gives them.
        pairs: those of other sets are refused.

    Returns:
        One set for each that has pairs; the id of a question is `absent/set/video/row`. The gold windows
        are those of the question's own video and mean nothing here.

    Raises:
        QuestionsInvalid: a pair names no question or no video of the sets, or the question is another one.
    """
    by_name = {one.name: one for one in sets}
    questions: dict[str, list[RealQuestion]] = {}
    for pair in pairs:
        if pair.set_name not in by_name:
            raise QuestionsInvalid(f"no set is called {pair.set_name!r}; there are {', '.join(by_name)}")
        questions.setdefault(pair.set_name, []).append(_question(by_name[pair.set_name], pair))
    return [
        replace(
            by_name[name],
            videos={video: by_name[name].videos[video] for video in sorted({one.video for one in own})},
            questions=tuple(own),
        )
        for name, own in questions.items()
    ]


def _question(one: QuestionSet, pair: AbsentPair) -> RealQuestion:
    where = f"set {one.name}, row {pair.row}"
    if not 1 <= pair.row <= len(one.questions):
        raise QuestionsInvalid(f"{where}: the set has {len(one.questions)} questions")
    question = one.questions[pair.row - 1]
    if question_hash(question.text) != pair.digest:
        raise QuestionsInvalid(f"{where}: its hash is {question_hash(question.text)}, expected {pair.digest}")
    if pair.video not in one.videos:
        raise QuestionsInvalid(f"{where}: no video is called {pair.video!r}")
    if pair.video == question.video:
        raise QuestionsInvalid(f"{where}: {pair.video} is the question's own video; name another one")
    return replace(question, id=f"absent/{one.name}/{pair.video}/{pair.row}", video=pair.video)
