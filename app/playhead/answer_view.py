"""Answers as a person reads them: numbered citations, file names once, plain words for the outcome."""

import re
from collections.abc import Mapping, Sequence
from string import ascii_uppercase

from rich import markup
from rich.cells import cell_len
from rich.console import Console, Group
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from playhead_index.clean_text import one_line, printable_text
from playhead_index.paths import display_path
from playhead_tools.evidence import Answer, Interval, coverage_sentence

STATUS_STYLE = {"answered": "green", "partial": "yellow", "abstained": "red"}
OUTCOMES = {
    "absent": "not found",
    "unknown": "cannot tell",
    "false_premise": "false premise",
    "ambiguous": "question unclear",
    "out_of_scope": "not supported",
    "budget": "stopped at a limit",
}
"""What the reasons for not answering are called on a terminal; JSON has the reasons as they are."""
MAX_TEXT_CHARS = 160
"""Longer texts are cut in tables."""
MAX_FALLBACK_CHARS = 300
MAX_CITATIONS = 20
"""Cited windows that are listed below an answer."""
MIN_RANGE = 5
"""So many citations that follow one another are written as a range."""
MAX_INLINE_NAME_CHARS = 24
"""A longer name stands once below the answer, and a letter stands for it everywhere else."""
SUBTITLE_MARGIN = 6
"""Columns of a panel beside its subtitle: corners, lines and spaces."""
_EVIDENCE_ID = re.compile(r"\bE\d+\b")
_CITATION = re.compile(r"\[(E\d+(?:, E\d+)*)\]")


def safe(text: str) -> str:
    """Text from outside, cleaned, on one line, its brackets escaped for a string with Rich markup."""
    return markup.escape(one_line(text))


def plain(text: str, style: str = "") -> Text:
    """Text from outside, cleaned, in which Rich reads no markup; its lines stay."""
    return Text(printable_text(text), style=style)


def shortened(text: str, max_chars: int = MAX_TEXT_CHARS) -> str:
    """A text of at most so many characters, with an ellipsis where it was cut."""
    return text if len(text) <= max_chars else text[: max_chars - 1] + "…"


def outcome_of(answer: Answer) -> str:
    """Whether the question was answered, in plain words.

    >>> outcome_of(Answer("No.", "abstained", "unknown")), outcome_of(Answer("Some.", "partial", "unknown"))
    ('cannot tell', 'partial answer')
    >>> outcome_of(Answer("Some.", "partial", "budget"))
    'partial answer: stopped at a limit'
    """
    if answer.status == "answered":
        return "answered"
    if answer.status == "abstained":
        return OUTCOMES[answer.reason]
    return "partial answer" + (f": {OUTCOMES['budget']}" if answer.reason == "budget" else "")


def citation_numbers(answer: Answer) -> dict[str, int]:
    """The number of each cited evidence record by its id: 1, 2, ... in the order of reading."""
    in_text = [one for group in _CITATION.findall(answer.text) for one in group.split(", ")]
    cited = {interval.evidence_id for interval in answer.intervals}
    read = dict.fromkeys([*filter(cited.__contains__, in_text), *(i.evidence_id for i in answer.intervals)])
    return {evidence_id: number for number, evidence_id in enumerate(read, 1)}


def with_numbers(text: str, numbers: Mapping[str, int]) -> str:
    """A text whose citations of evidence ids are citations of numbers, ascending within one pair of brackets.

    >>> with_numbers("It is red [E7, E2], then blue [E7].", {"E2": 1, "E7": 2})
    'It is red [1, 2], then blue [2].'
    """

    def numbered(found: re.Match[str]) -> str:
        ids = found[1].split(", ")
        if not all(one in numbers for one in ids):
            return found[0]
        return f"[{_ranges(sorted(numbers[one] for one in ids))}]"

    return _CITATION.sub(numbered, text)


def _ranges(numbers: Sequence[int]) -> str:
    """Numbers in ascending order; `MIN_RANGE` and more that follow one another are a range.

    >>> _ranges([1, 2, 3, 7]), _ranges([1, 2, 3, 4, 5, 6, 9])
    ('1, 2, 3, 7', '1–6, 9')
    """
    runs: list[list[int]] = []
    for number in numbers:
        if runs and number == runs[-1][-1] + 1:
            runs[-1].append(number)
        else:
            runs.append([number])
    written = [f"{run[0]}–{run[-1]}" if len(run) >= MIN_RANGE else ", ".join(map(str, run)) for run in runs]
    return ", ".join(written)


def show_answer(
    console: Console, answer: Answer, names: Mapping[str, str], options: Sequence[str] = ()
) -> None:
    """The answer in a panel: text, cited windows, notes, what was searched, what it cost.

    Args:
        console: to print on.
        answer: to a question.
        names: of the videos by id.
        options: of a multiple choice; the chosen one stands first.
    """
    numbers = citation_numbers(answer)
    labels = long_name_labels(cited_names([answer], names))
    parts: list[Text | Table] = [plain(with_labels(with_numbers(answer.text, numbers), labels))]
    if options:
        parts.insert(0, plain(choice_line(answer, options), "bold"))
    notes = [note for note in answer.notes if note != answer.fallback]
    if answer.fallback:
        longer = next((note for note in notes if note.startswith(answer.fallback)), answer.fallback)
        notes = [note for note in notes if note != longer]
        fallback_reason = shortened(one_line(longer), MAX_FALLBACK_CHARS)
        parts.insert(0, plain(f"{fallback_reason[:1].upper()}{fallback_reason[1:]}", "yellow"))
    if answer.intervals:
        parts += [Text(), _citations(answer, names, numbers, labels), *legend(labels)]
        more = len(answer.intervals) - MAX_CITATIONS
        parts += [plain(f"and {more} more; --json lists all", "dim")] if more > 0 else []
    parts += [plain(_with_numbers_of_ids(line, numbers), "yellow") for line in unverified_lines(answer)]
    parts += [plain(f"Note: {_with_numbers_of_ids(note, numbers)}", "yellow") for note in notes]
    searched = "" if answer.coverage is None else coverage_sentence(answer.coverage)
    if searched and searched not in answer.text:
        parts += [Text(), plain(searched, "dim")]
    confidence = "" if answer.status == "abstained" else f" · confidence {answer.confidence:.2f}"
    title = f"[{STATUS_STYLE[answer.status]}]{outcome_of(answer)}[/]{confidence}"
    cost: str | None = _cost(answer)
    if cell_len(cost or "") > console.width - SUBTITLE_MARGIN:
        parts, cost = [*parts, Text(), plain(cost or "", "dim")], None
    console.print(
        Panel(Group(*parts), title=title, subtitle=cost, title_align="left", subtitle_align="right")
    )


def choice_line(answer: Answer, options: Sequence[str]) -> str:
    """Which option was chosen.

    >>> choice_line(Answer("It burns.", "answered", choice=1), ["a person", "a fire"])
    'Choice: 2. a fire'
    >>> choice_line(Answer("It burns.", "partial", "unknown"), ["a person", "a fire"])
    'Choice: none; what was found does not decide between the 2 options'
    """
    if answer.choice is None:
        return f"Choice: none; what was found does not decide between the {len(options)} options"
    doubt = "" if answer.status == "answered" else " (not certain)"
    return f"Choice: {answer.choice + 1}. {one_line(options[answer.choice])}{doubt}"


def unverified_lines(answer: Answer) -> list[str]:
    """A line for each claim that its evidence does not bear out, and why.

    >>> from playhead_tools.evidence import Claim
    >>> unverified_lines(Answer("x", "answered", claims=(Claim("It is 5.", ("E1",), why="5 is not said"),)))
    ['Unverified: “It is 5.”: 5 is not said']
    """
    return [
        f"Unverified: “{shortened(one_line(claim.text))}”: {claim.why}"
        for claim in answer.claims
        if claim.status == "unverified" and claim.why
    ]


def _with_numbers_of_ids(text: str, numbers: Mapping[str, int]) -> str:
    return _EVIDENCE_ID.sub(lambda found: _numbered(found[0], numbers), text)


def _numbered(evidence_id: str, numbers: Mapping[str, int]) -> str:
    return f"[{numbers[evidence_id]}]" if evidence_id in numbers else evidence_id


def cited_names(answers: Sequence[Answer], names: Mapping[str, str]) -> list[str]:
    """The names of the videos that answers cite, each once, in the order of the citations."""
    return list(dict.fromkeys(name_of(one, names) for answer in answers for one in answer.intervals))


def name_of(interval: Interval, names: Mapping[str, str]) -> str:
    """The name of the video of a cited window, on one line."""
    return one_line(names.get(interval.video_id, display_path(interval.path.name)))


def long_name_labels(names: Sequence[str]) -> dict[str, str]:
    """A letter for each name that is too long to stand in a sentence.

    >>> long_name_labels(["talk.mp4", "a-recording-of-monday-afternoon.mp4"])
    {'a-recording-of-monday-afternoon.mp4': 'A'}
    """
    long = [name for name in names if len(name) > MAX_INLINE_NAME_CHARS]
    return dict(zip(long, ascii_uppercase, strict=False))


def with_labels(text: str, labels: Mapping[str, str]) -> str:
    """A text in which letters stand for long names."""
    for name in sorted(labels, key=len, reverse=True):
        text = text.replace(name, labels[name])
    return text


def legend(labels: Mapping[str, str]) -> list[Text]:
    """A line for each long name: `A = a-recording-of-monday-afternoon.mp4`."""
    return [plain(f"{label} = {name}") for name, label in labels.items()]


def _citations(
    answer: Answer, names: Mapping[str, str], numbers: Mapping[str, int], labels: Mapping[str, str]
) -> Table:
    """The cited windows by video, in the order of their numbers; a name is on its first line alone."""
    table = Table(box=None, pad_edge=False, show_header=False, padding=(0, 2, 0, 0))
    for no_wrap in (True, True, True, False):  # labels keep the names short
        table.add_column(no_wrap=no_wrap, overflow="fold")
    vlm_texts = {
        e.id: f"the model saw: “{one_line(e.said)[:MAX_TEXT_CHARS]}”" for e in answer.evidence if e.said
    }
    by_video: dict[str, list[Interval]] = {}
    in_order = sorted(answer.intervals, key=lambda one: numbers[one.evidence_id])
    for interval in in_order[:MAX_CITATIONS]:
        by_video.setdefault(interval.video_id, []).append(interval)
    for intervals in by_video.values():
        name = name_of(intervals[0], names)
        for place, interval in enumerate(intervals):
            table.add_row(
                plain(f"[{numbers[interval.evidence_id]}]"),
                str(interval.window),
                plain(labels.get(name, name) if place == 0 else ""),
                Text(vlm_texts.get(interval.evidence_id, ""), style="dim"),
            )
    return table


def _cost(answer: Answer) -> str:
    """What an answer took: `4.1 s, 6 clips inspected (48 frames, 9 of 36 tokens), 8 model calls`."""
    cost = answer.cost
    num_clips = cost.get("looks", 0)
    plural = "" if num_clips == 1 else "s"
    given, kept = cost.get("visual_tokens_given", 0), cost.get("visual_tokens", 0)
    tokens = f", {kept:,.0f} of {given:,.0f} tokens" if given > kept else ""
    clips = (
        f"{num_clips:.0f} clip{plural} inspected ({cost['frames']:.0f} frames{tokens})" if num_clips else ""
    )
    spent = f"cost {cost['money']:.4f}" if cost.get("money") else ""
    unknown = "price unknown" if cost.get("unpriced_calls") else ""
    money = f"{spent} and {unknown}" if spent and unknown else spent or unknown
    num_chat = cost.get("model_calls", 0)
    num_calls = num_clips + num_chat
    kinds = ", ".join(f"{n:.0f} {kind}" for n, kind in ((num_clips, "video"), (num_chat, "chat")) if n)
    calls = f"{num_calls:.0f} model call{'' if num_calls == 1 else 's'}{f' ({kinds})' if kinds else ''}"
    parts = [f"{cost.get('seconds', 0.0):.1f} s", clips, calls, money]
    return ", ".join(part for part in parts if part)
