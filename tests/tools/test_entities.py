"""What recurs in a video: names of a transcript, things of captions, scenes, and the registry of all."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from tests.index.made_search import MadeLibrary
from tests.index.made_speakers import say

from playhead_index.frame_vectors import FrameVectors
from playhead_index.store.spans import insert_words
from playhead_index.window import Window
from playhead_index.words.protocol import Words
from playhead_tools.caption_phrases import recurring_things
from playhead_tools.entities import Entity, merge_people, read_entities
from playhead_tools.proper_names import ProperName, recurring_names
from playhead_tools.recurring_scenes import cluster_by_cosine, recurring_scenes


def spans(*texts: str) -> list[tuple[Window, str]]:
    return [(Window(i, i + 1.0), text) for i, text in enumerate(texts)]


def names(*texts: str) -> list[str]:
    return [one.label for one in recurring_names(spans(*texts))]


def persons(*texts: str) -> list[str]:
    return [one.label for one in recurring_names(spans(*texts)) if one.is_person]


# ---- names ----


def test_a_name_is_counted_wherever_it_stands_once_it_stands_inside_two_sentences() -> None:
    (name,) = recurring_names(spans("We use Octave.", "Octave is free.", "So is Octave slow?"))
    assert (name.label, name.num_mentions, name.windows) == ("Octave", 3, (Window(0, 3),))


def test_first_words_of_sentences_and_of_quotations_are_no_names() -> None:
    assert names("Layers help. Layers stay.", "Layers again.", 'He said: "Layers".', "Then — Layers.") == []


def test_a_word_that_is_written_small_elsewhere_is_no_name() -> None:
    assert names("Open the Eye icon.", "Click the Eye icon.", "Keep an eye on it.") == []


def test_neighbouring_capitals_are_one_name_and_a_possessive_is_the_same_name() -> None:
    assert names("I met Thomas Bayes.", "It is Thomas Bayes's rule.") == ["Thomas Bayes"]


def test_fillers_in_the_middle_of_hesitant_speech_are_no_names() -> None:
    assert names("I I Yeah it is.", "and I Yeah maybe Okay.", "then Okay I'm done.", "well I'm in.") == []


def test_a_role_that_is_more_often_written_small_is_no_name() -> None:
    assert names("our Project Manager.", "the Project Manager said.", *["a project manager is."] * 2) == []


@pytest.mark.parametrize(
    "text",
    ["dann kommt der Hund mit dem Ball und der Katze ins Haus zum Essen", "ЭТО ВСЁ ПРОПИСНЫМИ БУКВАМИ"],
)
def test_where_many_words_have_capitals_they_mark_no_names(text: str) -> None:
    assert names(*[text] * 8) == []


def test_scripts_without_capitals_give_no_names() -> None:
    assert names("これは田中さんです。", "田中さんは来ません。", "田中さん。") == []


def test_an_acronym_is_a_name_unless_it_has_an_article_or_a_plural() -> None:
    assert names("we sent it to SRI.", "it came from SRI.") == ["SRI"]
    assert names("an L_C_D_ is dear.", "with an L_C_D_ panel.", "so many CDs.", "two CDs.") == []


# ---- persons ----


def test_who_is_thanked_or_spoken_to_twice_is_a_person() -> None:
    assert persons("And thank you Sarah.", "So here Sarah starts.") == ["Sarah"]
    assert persons("Ron, could you start?", "I asked Ron about it.", "It was Ron.", "with Ron.") == ["Ron"]


def test_who_has_a_title_is_a_person_and_the_title_alone_is_nobody() -> None:
    assert persons("we turn to Mr. Bezan now.", "I thank Mr. Bezan.") == ["Mr Bezan"]


def test_what_is_worked_in_or_called_is_no_person() -> None:
    assert persons("Photoshop, you see.", "Open it in Photoshop.", "You use Photoshop.") == []


def test_an_institution_that_said_something_once_is_no_person() -> None:
    assert persons("and Statistics Canada said so.", "support for Statistics Canada.") == []


def speaker(label: str) -> Entity:
    return Entity("person", label, (Window(0, 5),), 1, ("speakers",), 5.0)


def name(label: str, *, is_person: bool = False) -> ProperName:
    return ProperName(label, (Window(8, 9),), 2, is_person)


def test_a_name_of_a_speaker_is_merged_with_the_speaker() -> None:
    (one,) = merge_people([speaker("Jane")], [name("Jane")])
    assert (one.kind, one.num_mentions, one.sources) == ("person", 3, ("speakers", "transcript"))
    assert (one.windows, one.speaking_s) == ((Window(0, 5), Window(8, 9)), 5.0)


def test_a_first_name_is_merged_with_the_only_longer_name_of_a_person() -> None:
    both = [name("Dave"), name("Dave Gelbart", is_person=True)]
    assert [(one.label, one.num_mentions) for one in merge_people([], both)] == [("Dave Gelbart", 4)]
    assert len(merge_people([], [*both, name("Dave Johnson")])) == 3
    assert len(merge_people([], [name("Sky"), name("Sky News")])) == 2


# ---- things ----


def things(*texts: str) -> list[tuple[str, int]]:
    return [(one.label, one.num_mentions) for one in recurring_things(spans(*texts))]


def test_a_thing_recurs_when_two_captions_name_it() -> None:
    texts = ["A man opens the kitchen cabinet.", "A dog and a man.", "The kitchen cabinet is open."]
    assert things(*texts) == [("kitchen cabinet", 2)]


def test_things_with_different_adjectives_are_called_by_their_head() -> None:
    assert things("A red car.", "A blue car in a street.", "A car.", "An old car.") == [("car", 4)]


def test_verbs_behind_a_noun_are_not_part_of_it() -> None:
    assert things("The dog runs to a tree.", "The dog.", "A dog chases a cat.") == [("dog", 3)]


def test_people_parts_of_bodies_and_of_pictures_are_no_things() -> None:
    assert things(*["A woman with her hand in the background of the picture."] * 3) == []


def test_keywords_of_a_caption_count_as_mentions_of_a_thing() -> None:
    texts = ["A cup on the table.\nkeywords: cup, running", "It is empty.\nkeywords: cup, running"]
    assert things(*texts) == [("cup", 2)]


# ---- scenes ----

SEGMENTS = [Window(i * 10.0, i * 10.0 + 10.0) for i in range(5)]
A, B, C = (1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0)


def frames(rows: Sequence[Sequence[float]]) -> FrameVectors:
    vectors = np.array(rows, dtype=np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    return FrameVectors(np.arange(len(rows)) * 10.0, vectors)


def test_a_scene_recurs_when_another_scene_lies_between() -> None:
    (scene,) = recurring_scenes(SEGMENTS, frames([A, B, A, C, C]))
    assert scene.windows == (Window(0, 10), Window(20, 30))


def test_a_scene_that_only_goes_on_does_not_recur() -> None:
    assert recurring_scenes(SEGMENTS, frames([A, A, B, C, C])) == []


def test_the_representative_frame_is_the_one_most_similar_to_all_of_the_scene() -> None:
    (scene,) = recurring_scenes(SEGMENTS, frames([(1, 0.5, 0), B, (1, 0, 0.5), (0.9, 0.2, 0.2), C]))
    assert scene.frame_s == 30.0


def test_a_segment_without_frames_neither_belongs_to_a_scene_nor_separates_scenes() -> None:
    two = FrameVectors(np.array([0.0, 20.0]), np.array([A, A], dtype=np.float32))
    assert recurring_scenes(SEGMENTS, two) == []


def test_clusters_are_those_of_average_linkage_computed_step_by_step() -> None:
    rows = np.random.default_rng(3).normal(size=(40, 6)).astype(np.float32) + 0.6
    unit = rows / np.linalg.norm(rows, axis=1, keepdims=True)
    groups = [[i] for i in range(40)]
    while True:
        pairs = [
            (float(np.mean(unit[a] @ unit[b].T)), i, j)
            for i, a in enumerate(groups) for j, b in enumerate(groups[:i])
        ]  # fmt: skip
        best, i, j = max(pairs)
        if best < 0.6:
            break
        groups[j] += groups.pop(i)
    found = cluster_by_cosine(rows, 0.6)
    assert 1 < len(groups) < 40
    assert {frozenset(own) for own in groups} == {
        frozenset(np.flatnonzero(found == label).tolist()) for label in set(found.tolist())
    }


# ---- the registry of a library ----


@pytest.fixture
def library(tmp_path: Path) -> MadeLibrary:
    library = MadeLibrary(tmp_path)
    colours = ["red"] * 10 + ["blue"] * 10 + ["red"] * 10 + ["green"] * 30
    captions = [("caption", i * 10.0, i * 10.0 + 10.0, "A cup on a table.") for i in range(2)]
    library.add("talk", colours, captions)
    lines = [(0, 4, "MARY", "Here we use Octave."), (5, 6, "1", "Is Octave good?"), (7, 9, "MARY", "It is.")]
    say(library.catalog, "talk", lines)
    return library


def test_the_registry_holds_speakers_scenes_things_and_names_with_their_sources(library: MadeLibrary) -> None:
    found = read_entities(library.catalog, "talk")
    assert [(one.kind, one.label, one.num_mentions, one.sources) for one in found] == [
        ("person", "MARY", 2, ("speakers",)),
        ("person", "speaker 1", 1, ("speakers",)),
        ("place", "scene 1", 2, ("appearance",)),
        ("thing", "cup", 2, ("captions",)),
        ("thing", "table", 2, ("captions",)),
        ("name", "Octave", 2, ("transcript",)),
    ]
    assert found[0].speaking_s == 6.0
    assert (found[2].windows, found[2].speaking_s) == ((Window(0, 10), Window(20, 30)), None)
    assert 0.0 <= (found[2].frame_s or -1.0) < 30.0


def test_what_two_sources_say_at_one_time_is_counted_once(library: MadeLibrary) -> None:
    twice = [
        ("speech", "asr:base", 5.0, 6.0, "Is Octave good?"),
        ("speech", "asr:base", 30.0, 31.0, "And Octave."),
    ]
    for kind, source, start_s, end_s, text in twice:
        words = Words(kind, source, Window(start_s, end_s), text)  # type: ignore[arg-type]
        with library.catalog.atomic() as db:
            insert_words(db, "talk", [words])
    assert [(one.label, one.num_mentions) for one in read_entities(library.catalog, "talk")][-1] == (
        "Octave",
        3,
    )


def test_a_video_of_which_nothing_is_known_has_no_entities(tmp_path: Path) -> None:
    library = MadeLibrary(tmp_path)
    library.add("empty")
    assert read_entities(library.catalog, "empty") == []
