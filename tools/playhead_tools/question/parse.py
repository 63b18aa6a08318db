"""`parse_question`: what a question asks, read top to bottom."""

from collections.abc import Sequence
from dataclasses import replace

from playhead_tools.question.asking import asking_sentence, first_question, without_lead
from playhead_tools.question.choices import split_folders, split_options
from playhead_tools.question.exactness import with_passages
from playhead_tools.question.intent import (
    asks_for,
    choices_of,
    counts_things,
    either_of,
    fact_target,
    intent_of,
    is_fact,
    targets_of,
)
from playhead_tools.question.masked import Masked, masked
from playhead_tools.question.relation import inheriting, split_relation, split_setting
from playhead_tools.question.transcript import transcript_of
from playhead_tools.spec import QuestionSpec
from playhead_tools.times import parse_times
from playhead_tools.wording import (
    VIDEO,
    is_the_video,
    names_title_slide,
    re_any_case,
    single_blanks,
    where_it_stands,
    which_one,
)

_LONGEST = re_any_case(
    rf"\b(?P<which>longest|shortest)\s+{VIDEO}\b|",
    rf"^(?:what|which)\s+(?:of\s+the\s+)?{VIDEO}\s+is\s+(?:the\s+)?(?P<one>longest|shortest)$",
)


def parse_question(text: str, options: Sequence[str] = ()) -> QuestionSpec:
    """What a question asks. Any text gives a spec; one that names nothing has no targets.

    Of several sentences the last one that asks is read, of a very long text the last 600 characters.

    Args:
        text: as a person asks it; options behind it with letters are split off.
        options: the answers to choose from, where they are given apart.

    >>> spec = parse_question("What is on the slide when he mentions Bayes?")
    >>> spec.wanted, spec.relation.kind, spec.relation.anchors[0].text, spec.relation.anchors[0].kind
    ('screen', 'during', 'Bayes', 'speech')
    >>> parse_question("In the video, what is the purpose of the contrast slider?").by_passages
    True
    """
    question, inline = split_options(text)
    quoted = masked(single_blanks(question))
    scoped, folders = split_folders(asking_sentence(quoted.text))
    times = parse_times(scoped)
    body = without_lead(" ".join(times.rest.split()).rstrip("?.!,;: "))
    asked = first_question(body)
    transcribed = transcript_of(asked)
    spec = _parsed(asked, quoted) if transcribed is None else _transcript(quoted.restored(transcribed))
    spec = replace(
        spec,
        text=text,
        quoted=quoted.quotes,
        times=times.times,
        options=tuple(options) or inline,
        scope_folders=tuple(quoted.restored(folder) for folder in folders),
    )
    return with_passages(spec, question)


def _parsed(whole: str, quoted: Masked) -> QuestionSpec:
    body, setting = split_setting(whole)
    either = either_of(body)
    head, relation = (body, None) if either else split_relation(body, quoted)
    wanted = where_it_stands(head)
    intent, rest = intent_of(head)
    if either or intent == "order":
        targets = tuple(quoted.restored(one) for one in either or choices_of(rest))
        return QuestionSpec("", "order", wanted, targets, relation=relation, asks="order")
    is_told = is_fact(head, wanted)
    intent = "describe" if is_told else intent
    find = fact_target if is_told or (intent == "describe" and wanted == "any") else None
    targets, speaker = (find(head, quoted), "") if find else targets_of(intent, rest, wanted, quoted)
    targets = targets or ((quoted.restored(setting),) if setting else ())
    is_video = bool(targets) and is_the_video(targets[0])
    longest = _LONGEST.search(whole)
    of_video = (intent in ("how_long", "count") and is_video) or longest is not None
    targets = () if of_video or (intent == "describe" and wanted == "any" and is_video) else targets
    intent = "describe" if intent == "summarise" and targets else intent
    if intent == "yes_no" and relation is not None:
        relation = inheriting(relation, wanted)
    return QuestionSpec(
        text="",
        intent=intent,
        wanted=wanted,
        targets=targets,
        relation=relation,
        ordinal=_ordinal(rest, targets),
        of_things=intent == "count" and counts_things(body),
        of_video=of_video,
        speaker=speaker,
        setting=quoted.restored(setting),
        asks=asks_for(intent, wanted, head),
        superlative=""
        if longest is None
        else "shortest"
        if (longest["which"] or longest["one"]).lower() == "shortest"
        else "longest",
    )


def _transcript(of: str) -> QuestionSpec:
    return QuestionSpec("", "describe", "speech", (of,) if of else (), asks="words", verbatim=True)


def _ordinal(rest: str, targets: tuple[str, ...]) -> int | None:
    found = which_one(rest)
    return 1 if found is None and not targets and names_title_slide(rest) else found
