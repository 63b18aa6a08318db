"""Words get the voice that says them; a span in which two speak is split between its words."""

from playhead_index.window import Window
from playhead_index.words.assign_speakers import TurnIndex, names_of_voices, split_by_speaker
from playhead_index.words.diarisation import VoiceTurn
from playhead_index.words.protocol import Words, WordTime

TURNS = TurnIndex(
    [VoiceTurn(Window(0, 4), "1"), VoiceTurn(Window(4, 9), "2"), VoiceTurn(Window(10, 12), "1")]
)


def words_of(text: str, start_s: float, word_s: float = 1.0) -> Words:
    """Recognised words of the same length, one behind the other."""
    times, at = [], 0
    for number, word in enumerate(text.split(" ")):
        begin_s = start_s + number * word_s
        times.append(WordTime(at, at + len(word), begin_s, begin_s + word_s, 0.9))
        at += len(word) + 1
    return Words(
        "speech", "asr:x", Window(start_s, times[-1].end_s), text, "en", 0.8, word_times=tuple(times)
    )


def test_a_span_in_which_two_speak_is_split_at_the_change_and_keeps_its_word_times() -> None:
    first, second = split_by_speaker(words_of("Are you sure? Yes, I am.", 1.0), TURNS)
    assert (first.text, first.speaker, first.window) == ("Are you sure?", "1", Window(1, 4))
    assert (second.text, second.speaker, second.window) == ("Yes, I am.", "2", Window(4, 7))
    assert [second.text[one.start : one.end] for one in second.word_times] == ["Yes,", "I", "am."]
    assert [one.start_s for one in second.word_times] == [4.0, 5.0, 6.0]
    assert (second.language, second.confidence, second.source) == ("en", 0.8, "asr:x")


def test_a_span_of_one_voice_stays_whole() -> None:
    whole = words_of("It is here", 4.5)
    (piece,) = split_by_speaker(whole, TURNS)
    assert (piece.text, piece.window, piece.word_times) == (whole.text, whole.window, whole.word_times)
    assert piece.speaker == "2"


def test_a_word_shorter_than_the_border_is_exact_does_not_split_a_span() -> None:
    pieces = split_by_speaker(words_of("one two three four five", 3.0, word_s=0.22), TURNS)
    assert [(one.speaker, one.text) for one in pieces] == [("1", "one two three four five")]


def test_without_word_times_the_voice_that_speaks_longest_has_the_span() -> None:
    (piece,) = split_by_speaker(Words("speech", "asr:x", Window(3, 7), "Are you sure? Yes."), TURNS)
    assert (piece.speaker, piece.text) == ("2", "Are you sure? Yes.")


def test_words_far_from_any_turn_have_no_speaker() -> None:
    (piece,) = split_by_speaker(words_of("nobody is heard", 20.0), TURNS)
    assert piece.speaker is None
    assert TURNS.of_window(Window(9.1, 9.3)) == "2"
    assert TURNS.of_window(Window(12.4, 12.6)) == "1"


def test_all_words_of_a_span_stand_in_its_pieces() -> None:
    text = "a bb ccc dddd eeeee ffffff ggggggg hhhhhhhh iiiiiiiii jjjjjjjjjj kk"
    pieces = split_by_speaker(words_of(text, 1.0), TURNS)
    assert " ".join(one.text for one in pieces) == text
    assert [one.speaker for one in pieces] == ["1", "2", "1"]


def test_a_voice_has_the_name_that_subtitles_give_it_only_where_both_fit() -> None:
    turns = TurnIndex([VoiceTurn(Window(0, 10), "1"), VoiceTurn(Window(10, 20), "2")])
    assert names_of_voices([("Ann", Window(0, 10)), ("Bob", Window(10, 20))], turns) == {
        "1": "Ann",
        "2": "Bob",
    }
    assert names_of_voices([("Ann", Window(0, 20))], turns) == {}  # two voices under one name
    assert names_of_voices([("Ann", Window(0, 5)), ("Bob", Window(5, 20))], turns) == {}
    assert names_of_voices([("Ann", Window(0, 2))], turns) == {}  # too short to tell
