"""Lengths at which text from outside is refused or cut, in one record."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class TextLimits:
    """The longest text that is taken from each source.

    Every function on text takes time linear in its length, so these bound memory and the size of prompts and
    of rows; they are not what keeps the time bounded.

    Args:
        question_chars: of a question or a search text. A question of a page has about 3,000; a
            model's context and one SQL parameter hold this many with space to spare.
        option_chars: of one option of a multiple choice, and of a reply to a question back.
        thread_id_chars: of the name of a conversation.
        subtitle_bytes: of a subtitle file. The words of four hours take less than 1 MB; drawings and
            effects of SubStation files take many times that.
        line_chars: of one line of a subtitle file, which is cut there; one that holds words is far shorter,
            and longer ones hold drawings.
        cue_chars: of the text of one cue, which is cut there: at 200 words a minute ten minutes of speech.
        lines: of a subtitle file: eight a cue.
        cues: of one file. One a frame over two hours at 30 frames a second is 216,000.
        span_chars: of one stored span of words, whatever it comes from.
        note_chars: of a stored warning, note or failure message.
    """

    question_chars: int = 10_000
    option_chars: int = 2_000
    thread_id_chars: int = 200
    subtitle_bytes: int = 64 * 2**20
    line_chars: int = 20_000
    cue_chars: int = 10_000
    lines: int = 2_000_000
    cues: int = 250_000
    span_chars: int = 20_000
    note_chars: int = 2_000


LIMITS = TextLimits()
