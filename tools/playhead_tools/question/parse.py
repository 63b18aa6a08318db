"""`parse_question`: what a question asks, read top to bottom."""

from collections.abc import Sequence
from dataclasses import replace

from playhead_tools.question.exactness import with_passages
from playhead_tools.question.inline_options import split_folders, split_options
from playhead_tools.question.intent import (
    answer_type,
    before_or_after_choices,
    choices_of,
    counts_objects,
    fact_target,
    intent_of,
    is_fact_question,
    targets_of,
)
from playhead_tools.question.masked_quotes import MaskedQuestion, mask_quoted
from playhead_tools.question.question_sentence import first_question, question_sentence, without_lead
from playhead_tools.question.relation import inheriting, split_relation, split_setting
from playhead_tools.question.transcript_questions import transcript_of
from playhead_tools.question_vocabulary import (
    VIDEO,
    is_the_video,
    modality_of,
    names_title_slide,
    parse_ordinal,
    re_any_case,
    single_blanks,
)
from playhead_tools.spec import QuestionSpec
from playhead_tools.times import parse_times

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
    quoted = mask_quoted(single_blanks(question))
    scoped, folders = split_folders(question_sentence(quoted.text))
    times = parse_times(scoped)
    body = without_lead(" ".join(times.rest.split()).rstrip("?.!,;: "))
    request = first_question(body)
    transcript_target = transcript_of(request)
    spec = (
        _parse_body(request, quoted)
        if transcript_target is None
        else _transcript(quoted.restore(transcript_target))
    )
    spec = replace(
        spec,
        text=text,
        quoted=quoted.quotes,
        times=times.times,
        options=tuple(options) or inline,
        scope_folders=tuple(quoted.restore(folder) for folder in folders),
    )
    return with_passages(spec, question)


def _parse_body(request: str, quoted: MaskedQuestion) -> QuestionSpec:
    body, setting = split_setting(request)
    choices = before_or_after_choices(body)
    head, relation = (body, None) if choices else split_relation(body, quoted)
    modality = modality_of(head)
    intent, rest = intent_of(head)
    if choices or intent == "order":
        targets = tuple(quoted.restore(one) for one in choices or choices_of(rest))
        return QuestionSpec("", "order", modality, targets, relation=relation, asks="order")
    is_fact = is_fact_question(head, modality)
    intent = "describe" if is_fact else intent
    find = fact_target if is_fact or (intent == "describe" and modality == "any") else None
    targets, speaker = (find(head, quoted), "") if find else targets_of(intent, rest, modality, quoted)
    targets = targets or ((quoted.restore(setting),) if setting else ())
    is_video = bool(targets) and is_the_video(targets[0])
    longest = _LONGEST.search(request)
    of_video = (intent in ("how_long", "count") and is_video) or longest is not None
    targets = () if of_video or (intent == "describe" and modality == "any" and is_video) else targets
    intent = "describe" if intent == "summarise" and targets else intent
    if intent == "yes_no" and relation is not None:
        relation = inheriting(relation, modality)
    return QuestionSpec(
        text="",
        intent=intent,
        wanted=modality,
        targets=targets,
        relation=relation,
        ordinal=_ordinal(rest, targets),
        of_things=intent == "count" and counts_objects(body),
        of_video=of_video,
        speaker=speaker,
        setting=quoted.restore(setting),
        asks=answer_type(intent, modality, head),
        superlative=""
        if longest is None
        else "shortest"
        if (longest["which"] or longest["one"]).lower() == "shortest"
        else "longest",
    )


def _transcript(of: str) -> QuestionSpec:
    return QuestionSpec("", "describe", "speech", (of,) if of else (), asks="words", verbatim=True)


def _ordinal(rest: str, targets: tuple[str, ...]) -> int | None:
    found = parse_ordinal(rest)
    return 1 if found is None and not targets and names_title_slide(rest) else found
