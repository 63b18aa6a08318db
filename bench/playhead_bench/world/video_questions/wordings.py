"""Wordings of questions about whole videos: three a kind, the last of them held out.

Kinds that also occur in questions about clips share the wordings of `clip_wordings`.
"""

from random import Random

from playhead_bench.world.clip_wordings import SHARED_WORDINGS, ClipKind
from playhead_bench.world.clip_wordings import WORDINGS as CLIP_WORDINGS
from playhead_bench.world.random_scene import SplitMode

OF_CLIPS: dict[str, ClipKind] = {
    "what": "action", "colour": "colour", "thing": "thing", "when": "when", "partner": "partner",
    "exists": "exists",
}  # fmt: skip
"""Kinds of question that share the wordings of questions about clips."""
VIDEO_WORDINGS: dict[str, tuple[str, ...]] = {
    **SHARED_WORDINGS,
    "count": (
        "In how many scenes does a {label} {verb}?",
        "How many scenes show a {label} that {does}?",
        "Count the scenes in which a {label} {does}.",
    ),
    "first": (
        "Which thing is the first to {verb}?",
        "Which thing {does} first?",
        "Name the first thing that {does}.",
    ),
    "last": (
        "Which thing is the last to {verb}?",
        "Which thing {does} last?",
        "Name the last thing that {does}.",
    ),
    "nth": (
        "Which thing is the {nth} to {verb}?",
        "What {does} as the {nth} thing?",
        "Name the {nth} thing that {does}.",
    ),
    "before": (
        "Which thing is the last to act before the {label} {does}?",
        "What acts just before the {label} {does}?",
        "The {label} {does}: name the thing that acts right before.",
    ),
    "after": (
        "Which thing is the first to act after the {label} {does}?",
        "What acts next after the {label} {does}?",
        "The {label} {does}: name the thing that acts right after.",
    ),
    "between": (
        "Which thing {does} after the {a} {does_a} and before the {b} {does_b}?",
        "What {does} between the time the {a} {does_a} and the time the {b} {does_b}?",
        "First the {a} {does_a}, later the {b} {does_b}: name the thing that {does} in between.",
    ),
    "order": (
        "In which order do these happen: {these}?",
        "What is the right order: {these}?",
        "Put into order what happens: {these}.",
    ),
    "duration": (
        "For how long is the {label} in the picture?",
        "How long can the {label} be seen?",
        "Tell how long the {label} stays in the picture.",
    ),
    "longest": (
        "Which of these is in the picture the longest: {these}?",
        "Which stays in the picture the longest: {these}?",
        "Name the one that can be seen for the longest time: {these}.",
    ),
    "said": (
        "{question}",
        "What is said: {lower}",
        "Answer from what is spoken: {lower}",
    ),
    "written": (
        "{question}",
        "What is written: {lower}",
        "Answer from what stands on the screen: {lower}",
    ),
    "when_said": (
        'When is it said that "{said}"?',
        'At what time is "{said}" said?',
        'Tell when somebody says "{said}".',
    ),
    "first_said": (
        'When is "{said}" said for the first time?',
        'At what time is "{said}" first said?',
        'Tell when somebody first says "{said}".',
    ),
    "last_said": (
        'When is "{said}" said for the last time?',
        'At what time is "{said}" last said?',
        'Tell when somebody last says "{said}".',
    ),
    "count_said": (
        'How many times is it said that "{said}"?',
        'How often is "{said}" said?',
        'Count how many times somebody says "{said}".',
    ),
    "said_while": (
        "What is said while the {label} {does}?",
        "Which sentence is spoken while the {label} {does}?",
        "The {label} {does}: tell what is said meanwhile.",
    ),
    "acts_while_said": (
        'Which thing acts while it is said that "{said}"?',
        'What acts while "{said}" is said?',
        'Somebody says "{said}": name the thing that acts meanwhile.',
    ),
    "place_while_said": (
        'Where are we while it is said that "{said}"?',
        'Which place is shown while "{said}" is said?',
        'Somebody says "{said}": tell the place in the picture.',
    ),
    "written_while": (
        "What is written in the picture while the {label} {does}?",
        "Which words are on the screen while the {label} {does}?",
        "The {label} {does}: tell what is written meanwhile.",
    ),
    "written_while_said": (
        'What is written in the picture while it is said that "{said}"?',
        'Which words are on the screen while "{said}" is said?',
        'Somebody says "{said}": tell what is written meanwhile.',
    ),
    "hop_later": (
        "What does the thing that the {label} {does} do later?",
        "The {label} {does} something: what does that thing do later?",
        "Tell what becomes of the thing that the {label} {does}: what does it do later?",
    ),
    "hop_place": (
        "Where is the thing that the {label} {does} seen again later?",
        "The {label} {does} something: in what place is that thing seen later?",
        "Tell the place in which the thing that the {label} {does} comes back.",
    ),
    "not_visible": (
        "How much does the {label} cost?",
        "What does the {label} smell of?",
        "What does the {label} weigh?",
        "Who made the {label}?",
        "What is the {label} thinking of?",
        "What is behind the camera while the {label} is in the picture?",
        "What did the {label} do before the video began?",
    ),
    "in_which": (
        "In which video does the {label} {verb}?",
        "Which video shows the {label} as it {does}?",
        "Name the video in which the {label} {does}.",
    ),
    "in_which_seen": (
        "In which video is there a {label}?",
        "Which video shows a {label}?",
        "Name the video in which a {label} can be seen.",
    ),
    "in_which_said": (
        'In which video is it said that "{said}"?',
        'Which video says "{said}"?',
        'Name the video in which somebody says "{said}".',
    ),
    "in_which_written": (
        'In which video is "{said}" written?',
        'Which video shows the words "{said}"?',
        'Name the video in which "{said}" stands on the screen.',
    ),
    "count_videos": (
        "In how many of the videos is there a {label}?",
        "How many of the videos show a {label}?",
        "Count the videos in which a {label} can be seen.",
    ),
}


def wordings_of(kind: str) -> tuple[str, ...]:
    """All wordings of a kind, the one held back last.

    Raises:
        KeyError: there is no such kind.
    """
    return CLIP_WORDINGS[OF_CLIPS[kind]] if kind in OF_CLIPS else VIDEO_WORDINGS[kind]


class Phrasing:
    """Words questions with the wordings that a part of the data may use.

    Args:
        rng: the random generator.
        mode: in `compositional`, training uses all wordings but the last of a kind, others only the last.
        training: which of the two.
    """

    def __init__(self, rng: Random, mode: SplitMode, training: bool) -> None:
        self.rng, self.mode, self.training = rng, mode, training

    def __call__(self, kind: str, **words: str) -> str:
        """One question of a kind."""
        text = self.rng.choice(self.wordings(kind))
        if "does" in words and "verb" in words:  # wordings of clips put an s behind the verb
            text = text.replace("{verb}s", "{does}")
        return text.format(**words)

    def wordings(self, kind: str) -> tuple[str, ...]:
        """The wordings of a kind that may be used."""
        every = wordings_of(kind)
        if self.mode == "iid":
            return every
        return every[:-1] if self.training else every[-1:]
