"""Tools that look at pictures, on a real video with known colours."""

import pytest
from tests.tools.made_library import WordFinder
from tests.tools.toolbox.coloured import WALL, wall_eyes

from playhead_index.errors import ModelUnavailable, ToolError
from playhead_index.store.catalog import Catalog
from playhead_index.window import Window
from playhead_tools.eyes import Eyes, Look
from playhead_tools.toolbox import Toolbox, ToolLimits
from playhead_tools.toolbox.looking import refined, zoom_parts
from playhead_tools.video_llm.scripted import ScriptedVideoLLM

BLUE = {"question": "What colour is the wall?", "ranges": [{"start": 12, "end": 20}]}


def test_inspect_gives_what_the_model_saw_with_the_times_of_its_frames(seeing: Toolbox) -> None:
    record = seeing.call("inspect", BLUE).record
    (row,) = record["evidence"]
    assert (row["id"], row["at"], row["verdict"]) == ("E1", "0:12–0:20", "supported")
    assert row["words"] == "The wall is blue (0:13)."
    assert (record["cost"]["looks"], record["cost"]["frames"]) == (1, 4)


def test_several_ranges_are_looked_at_one_by_one(seeing: Toolbox) -> None:
    ranges = [{"start": 2, "end": 8}, {"start": 40, "end": 48}]
    rows = seeing.call("inspect", {"question": "What colour?", "ranges": ranges}).record["evidence"]
    assert [row["words"].split()[3] for row in rows] == ["red", "green"]


def test_what_is_not_to_be_seen_is_no_evidence(seeing: Toolbox) -> None:
    asked = {"question": "What colour is the door?", "ranges": [{"start": 2, "end": 8}]}
    (row,) = seeing.call("inspect", asked).record["evidence"]
    assert (row["id"], row["verdict"], seeing.kit.table.records) == ("-", "not_visible", {})


def test_the_same_look_in_another_call_costs_nothing(wall: Catalog) -> None:
    eyes, model = wall_eyes(wall)
    box = Toolbox(wall, WordFinder(wall), eyes)
    box.call("inspect", BLUE)
    again = box.call("inspect", {**BLUE, "ranges": [*BLUE["ranges"], {"start": 2, "end": 8}]})  # type: ignore[misc]
    assert (len(model.asked), again.record["cost"]["looks"]) == (2, 1)


def test_two_questions_about_one_window_are_two_pieces_of_evidence(seeing: Toolbox) -> None:
    seeing.call("inspect", BLUE)
    assert seeing.call("inspect", {**BLUE, "question": "Which colour has it?"}).ids == ("E2",)


def test_a_long_range_is_cut_with_a_note(wall: Catalog) -> None:
    box = Toolbox(wall, WordFinder(wall), wall_eyes(wall)[0], limits=ToolLimits(look_s=10.0))
    record = box.call("inspect", {"question": "What colour?", "ranges": [{"start": 0, "end": 60}]}).record
    assert record["evidence"][0]["at"] == "0:00–0:10"
    assert record["notes"] == [
        "0:00–1:00 is longer than 10 s: only 0:00–0:10 was taken; ask for the rest in parts"
    ]


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("inspect", BLUE),
        ("zoom", {"evidence_id": "E1", "what": "a blue wall"}),
        ("scan", {"what": "a blue wall", "where": "both"}),
    ],
    ids=["inspect", "zoom", "scan of pictures"],
)
def test_without_a_model_that_looks_a_tool_says_what_to_choose(
    wall: Catalog, name: str, arguments: dict[str, object]
) -> None:
    box = Toolbox(wall, WordFinder(wall))
    with pytest.raises(ToolError, match=f"no model looks at pictures here: {name}.*PLAYHEAD_VIDEO_MODEL"):
        box.call(name, arguments)
    assert {"inspect", "zoom"}.isdisjoint(spec.name for spec in box.offered())


def test_looks_are_limited_over_all_calls(wall: Catalog) -> None:
    box = Toolbox(wall, WordFinder(wall), wall_eyes(wall)[0], limits=ToolLimits(looks=1))
    ranges = [{"start": 2, "end": 8}, {"start": 40, "end": 48}]
    record = box.call("inspect", {"question": "What colour?", "ranges": ranges}).record
    assert record["notes"] == ["2 stretches, the first 1 were looked at"]
    with pytest.raises(ToolError, match="no look is left of 1"):
        box.call("inspect", BLUE)


def test_a_video_model_that_fails_is_a_tool_error(wall: Catalog) -> None:
    away = ScriptedVideoLLM([ModelUnavailable("the server is away")])
    box = Toolbox(wall, WordFinder(wall), Eyes(wall, away))
    with pytest.raises(ToolError, match="looking at 0:12–0:20 failed: the server is away"):
        box.call("inspect", BLUE)


def test_a_frame_that_was_never_shown_is_taken_out(wall: Catalog) -> None:
    box = Toolbox(wall, WordFinder(wall), Eyes(wall, ScriptedVideoLLM(["A dog [99] runs."]), frames=4))
    record = box.call("inspect", BLUE).record
    assert record["evidence"][0]["words"] == "A dog runs."
    assert record["notes"] == ["the video model named a frame that it was not shown; that was taken out"]


def test_zoom_finds_the_start_to_within_a_part(seeing: Toolbox) -> None:
    seeing.call("inspect", {"question": "What colour is the wall?", "ranges": [{"start": 8, "end": 20}]})
    record = seeing.call("zoom", {"evidence_id": "E1", "what": "a blue wall", "edge": "start"}).record
    (row,) = record["evidence"]
    assert abs(row["start_s"] - 10.0) <= record["exact_to_s"] == 2.0
    assert (row["end_s"], [part["p_yes"] for part in record["parts"]][:2]) == (20.0, [0.0, 0.0])


def test_zoom_that_sees_nothing_leaves_the_evidence_in_doubt(seeing: Toolbox) -> None:
    seeing.call("inspect", BLUE)
    record = seeing.call("zoom", {"evidence_id": "E1", "what": "a green wall"}).record
    assert record["evidence"] == []
    assert "keeps its window and is in doubt" in record["notes"][0]


def test_the_run_that_shares_most_with_the_window_is_taken() -> None:
    parts = zoom_parts(Window(20.0, 28.0), Window(0.0, 60.0), "both", 8)
    assert refined(Window(20.0, 28.0), parts, [parts[0], *parts[3:6]], "both") == Window(22.0, 28.0)


def test_a_scan_of_pictures_looks_everywhere_and_says_so(seeing: Toolbox) -> None:
    record = seeing.call("scan", {"what": "a green wall", "where": "pictures"}).record
    assert (record["scan_id"], record["fraction_scanned"]) == ("S1", {"pictures": 1.0})
    assert [row["at"] for row in record["evidence"]] == ["0:30–0:45", "0:45–1:00"]
    assert record["cost"]["looks"] == 4


def test_a_scan_that_runs_out_of_looks_says_how_far_it_came(seeing: Toolbox) -> None:
    record = seeing.call("scan", {"what": "a green wall", "where": "pictures", "max_looks": 2}).record
    assert record["fraction_scanned"] == {"pictures": 0.5}
    assert "2 of 4 pieces were not looked at" in record["notes"][-1]


def test_likely_pieces_are_looked_at_first(wall: Catalog) -> None:
    eyes, model = wall_eyes(wall)
    box = Toolbox(wall, WordFinder(wall, frames=[(1, WALL, Window(50.0, 51.0), 0.4)]), eyes)
    box.call("scan", {"what": "a yellow car", "where": "pictures", "max_looks": 1})
    assert model.asked[0].clips[0].window.start_s >= 45.0


def test_a_scan_of_both_finds_words_and_pictures(seeing: Toolbox) -> None:
    record = seeing.call("scan", {"what": "blue wall", "where": "both"}).record
    assert record["fraction_scanned"] == {"words": 1.0, "pictures": 1.0}
    assert [row["kind"] for row in record["evidence"]] == ["caption", "picture", "picture"]


class AwayEyes:
    """A model that cannot be asked."""

    def __init__(self) -> None:
        self.asked = 0

    def look(self, video_id: str, window: Window, question: str, *, yes_no: bool = False) -> Look:
        self.asked += 1
        raise ModelUnavailable("the server is away")


def test_a_model_that_failed_once_is_not_asked_again(wall: Catalog) -> None:
    eyes = AwayEyes()
    box = Toolbox(wall, WordFinder(wall), eyes)
    with pytest.raises(ToolError, match="failed: the server is away"):
        box.call("inspect", BLUE)
    with pytest.raises(ToolError, match="the server is away; it is not asked again: use search"):
        box.call("inspect", {**BLUE, "question": "Which colour has it?"})
    assert eyes.asked == 1
