"""Whether a text supports a claim, judged by shared words: what is left where no model can judge.

Words show what a claim is about, not what it says of it. So they support it only where most of its content
words stand in the text and nothing speaks against it: a negation on one side alone, a word whose opposite
stands in the text, or a speaker who is not the one that the claim puts first. Measured on labelled pairs by
`python -m playhead_bench.entailment`.
"""

import re
from collections.abc import Sequence

from playhead_index.literal import words_in
from playhead_tools.entailment import ClaimEvidence, Support
from playhead_tools.question_vocabulary import word_set
from playhead_tools.word_match import content_words, coverage, is_stop_word, stem

MIN_COVERAGE = 0.65
"""Part of the content words of a claim that must stand in a text for it to be supported."""
MIN_COVERAGE_QUOTED = 0.33
"""The same where words that the claim quotes were found in the text."""
_NEGATIONS = word_set("no not never none nobody nothing nowhere neither nor without cannot")
_FRAME_WORDS = """
    say says said saying mention mentions mentioned speak speaks spoke spoken talk talks talked tell
    tells told ask asks asked called show shows showed shown display displays displayed write writes
    wrote written read reads appear appears appeared come comes came state states stated caption
    captions captioned titled speaker speakers speech voice person people somebody someone slide slides
    screen video clip recording subtitle subtitles word words text phrase sentence time times moment
    moments second seconds minute minutes place passage evidence
"""
_FRAMES = frozenset(map(stem, word_set(_FRAME_WORDS)))
"""Words that say where or how something stands; the kind of the evidence says it too."""
_NEGATED = re.compile(r"\b\w+n['’]t\b")
_MARKS = ".,;:!?\"'“”‘’()[]"
_SENTENCE = re.compile(r"(?<=[.!?…;])\s+")
_SPEAKER = re.compile(r"^(?:\[[^\]]*\]\s*)?([^\W\d_][\w.' -]{0,39}):\s")
_OPPOSITES = """
    more/less more/fewer many/few much/little most/least increase/decrease increase/reduce
    rise/fall up/down above/below high/low higher/lower cheap/expensive cheaper/expensive
    easy/difficult easy/hard easier/harder fast/slow quick/slow faster/slower early/late
    earlier/later before/after first/last old/new old/young older/newer older/younger long/short
    longer/shorter large/small big/small bigger/smaller good/bad better/worse best/worst
    right/wrong true/false open/close start/stop start/end begin/end win/lose accept/reject
    accept/refuse agree/disagree allow/forbid like/dislike love/hate remember/forget
    remind/forget keep/drop add/remove buy/sell give/take push/pull enter/leave arrive/leave
    live/die alive/dead warm/cold hot/cold light/dark left/right inside/outside everybody/nobody
    everyone/nobody all/none always/never often/rarely same/different strong/weak rich/poor
    safe/dangerous happy/sad calm/afraid tender/harsh gentle/harsh full/empty possible/impossible
    able/unable success/failure succeed/fail pass/fail include/exclude public/private
    single/several complete/incomplete ready/unprepared honest/dishonest both/neither half/twice
    abort/continue gain/lose
"""


def _both_ways(pairs: str) -> dict[str, frozenset[str]]:
    opposites: dict[str, set[str]] = {}
    for one, other in (pair.split("/") for pair in pairs.split()):
        opposites.setdefault(stem(one), set()).add(stem(other))
        opposites.setdefault(stem(other), set()).add(stem(one))
    return {word: frozenset(others) for word, others in opposites.items()}


OPPOSITES = _both_ways(_OPPOSITES)


def words_support(claim: str, text: str, min_coverage: float = MIN_COVERAGE) -> Support:
    """Whether the words of a text support a claim.

    Args:
        claim: one statement.
        text: of what it cites.
        min_coverage: part of its content words that must stand there, 0 to 1.

    >>> words_support("He speaks of Bayes.", "Bayes wrote this rule")
    'yes'
    >>> words_support("The exam is not in May.", "The exam is in May.")
    'no'
    """
    content = _claim_content(claim)
    share = coverage(content, text)
    if not share:
        return "no"
    if words_contradict(claim, text):
        return "no"
    return "yes" if share >= min_coverage else "partly"


def words_contradict(claim: str, text: str) -> bool:
    """Whether words speak against a claim: a negation on one side, an opposite, another speaker.

    Only where the two share words at all.
    """
    content = _claim_content(claim)
    if not coverage(content, text):
        return False
    is_denied = _is_negated(claim) != _is_negated(_closest_sentence(content, text))
    return is_denied or _has_antonym(claim, text) or _is_swapped(claim, text)


def _claim_content(claim: str) -> str:
    """The words of a claim that its evidence must hold: without negations and frames; all if none is left."""
    words = [word for word in claim.split() if not _NEGATED.search(word)]
    keys = [word.lower().strip(_MARKS) for word in words]
    left = [
        word
        for word, key in zip(words, keys, strict=True)
        if key not in _NEGATIONS and stem(key) not in _FRAMES
    ]
    return (
        " ".join(left)
        if any(content_words(word) and not is_stop_word(word.lower()) for word in left)
        else claim
    )


def _is_negated(text: str) -> bool:
    """Whether a text denies something: an odd number of negations."""
    num_negations = sum(word.key in _NEGATIONS for word in words_in(text)) + len(
        _NEGATED.findall(text.lower())
    )
    return num_negations % 2 == 1


def _closest_sentence(claim: str, text: str) -> str:
    """The sentence of a text that holds most of the words of a claim."""
    return max(_SENTENCE.split(text), key=lambda sentence: coverage(claim, sentence))


def _has_antonym(claim: str, text: str) -> bool:
    """Whether a word of the claim is missing from the text and its opposite stands there."""
    text_stems = {stem(word.key) for word in words_in(text)}
    missing = [word for word in content_words(claim) if word not in text_stems]
    return any(OPPOSITES.get(word, frozenset()) & text_stems for word in missing)


def _is_swapped(claim: str, text: str) -> bool:
    """Whether a claim puts the speaker of a text behind somebody else whom the text names.

    >>> [_is_swapped(claim, "Bob: thank you, Ann") for claim in ("Ann thanks Bob.", "Bob thanks Ann.")]
    [True, False]
    """
    found = _SPEAKER.match(text)
    if found is None:
        return False
    speaker = {word.key for word in words_in(found[1])}
    names = [word for word in re.findall(r"\b[^\W\d_]\w*", claim) if word[:1].isupper()]
    keys = [name.lower() for name in names]
    others = {word.key for word in words_in(text[found.end() :])}
    if not keys or not speaker & set(keys):
        return False
    return keys[0] not in speaker and keys[0] in others


class LexicalJudge:
    """Judges claims by shared words; it marks, and never drops."""

    name = "shared words"
    may_drop, may_mark = False, True

    def judge(self, pairs: Sequence[ClaimEvidence]) -> list[Support | None]:
        """The verdict on each pair, one after the other."""
        return [words_support(pair.claim, " ".join(pair.evidence)) for pair in pairs]
