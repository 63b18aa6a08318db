"""`look` and `find_events` on a real video with known colours."""

import io
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from tests.tools.made_library import DEMO, LECTURE, SPANS, WordFinder, make_library
from tests.tools.toolbox.coloured import WALL, colour_of, wall_client

from playhead_agent.limits import Limits, Meter
from playhead_index.errors import ModelUnavailable, ToolError, VideoUnreadable
from playhead_index.store.catalog import Catalog
from playhead_index.store.job_table import Stage, write_stage
from playhead_index.window import Window
from playhead_tools.region import Region
from playhead_tools.toolbox import Toolbox, ToolLimits, VlmCallCounter, VlmMeter
from playhead_tools.toolbox.find_events_tool import observation_question
from playhead_tools.video_llm.client import Observation

BLUE = {"question": "What colour is the wall?", "ranges": ["0:12-0:20"]}


def test_a_look_gives_what_the_model_saw_with_the_times_of_its_frames(seeing: Toolbox) -> None:
    record = seeing.call("look", BLUE).record
    (row,) = record["evidence"]
    assert (row["id"], row["at"], row["verdict"]) == ("E1", "0:12-0:20", "supported")
    assert row["words"] == "The wall is blue (0:13)."
    assert (record["cost"]["looks"], record["cost"]["frames"]) == (1, 4)


def test_a_look_comes_with_the_words_spoken_there(seeing: Toolbox) -> None:
    rows = seeing.call("look", {**BLUE, "ranges": ["0:28-0:36"]}).record["evidence"]
    assert [(row["kind"], row["words"]) for row in rows][1:] == [("speech", "Now comes the green one.")]


def test_ranges_may_be_ids_or_objects(seeing: Toolbox) -> None:
    seeing.call("look", BLUE)
    ranges = ["E1", {"start": 2, "end": 8}, [40, 48]]
    rows = seeing.call("look", {"question": "What colour?", "ranges": ranges}).record["evidence"]
    assert [row["words"].split()[3] for row in rows] == ["blue", "red", "green"]


def test_what_is_not_to_be_seen_is_no_evidence(seeing: Toolbox) -> None:
    asked = {"question": "What colour is the door?", "ranges": ["2-8"]}
    (row,) = seeing.call("look", asked).record["evidence"]
    assert (row["id"], row["verdict"], seeing.context.table.records) == ("-", "not_visible", {})


def test_the_same_look_in_another_call_costs_nothing(wall: Catalog) -> None:
    vlm_client, model = wall_client(wall)
    box = Toolbox(wall, WordFinder(wall), vlm_client)
    box.call("look", BLUE)
    again = box.call("look", {**BLUE, "ranges": ["0:12-0:20", "2-8"]})
    assert (len(model.requests), again.record["cost"]["looks"]) == (2, 1)


def test_a_look_with_an_overview_shows_the_whole_video_as_a_strip_before_the_range(wall: Catalog) -> None:
    vlm_client, model = wall_client(wall)
    box = Toolbox(wall, WordFinder(wall), vlm_client)
    record = box.call("look", {**BLUE, "overview": True}).record
    strip, clip = model.requests[0].clips
    assert (strip.strip_frames, strip.window, clip.window) == (2, Window(0.0, 60.0), Window(12.0, 20.0))
    assert record["cost"]["frames"] == len(strip) + len(clip) == 8 * vlm_client.frames + 2
    assert box.call("look", {**BLUE, "overview": True}).record["cost"] == {}


def test_a_look_without_an_overview_is_another_one(wall: Catalog) -> None:
    vlm_client, model = wall_client(wall)
    box = Toolbox(wall, WordFinder(wall), vlm_client)
    for overview in (True, False):
        box.call("look", {**BLUE, "overview": overview})
    assert [len(request.clips) for request in model.requests] == [2, 1]


def test_a_planner_that_takes_images_gets_an_overview_as_a_contact_sheet(wall: Catalog) -> None:
    box = Toolbox(wall, WordFinder(wall))
    called = box.call("look", {**BLUE, "density": "low", "overview": True}, images=True)
    assert len(called.images) == 1 + 8
    sheet = np.asarray(Image.open(io.BytesIO(called.images[0].jpeg)))
    rows = [colour_of(row) for row in np.array_split(sheet, 4)]
    assert (rows[0], rows[3]) == ("red", "green")
    assert called.images[0].label == "overview: 16 small frames, row by row from 0:00-1:00"
    assert (called.record["cost"]["looks"], called.record["cost"]["frames"]) == (2, 24)


def test_two_questions_about_one_window_are_two_pieces_of_evidence(seeing: Toolbox) -> None:
    seeing.call("look", BLUE)
    assert seeing.call("look", {**BLUE, "question": "Which colour has it?"}).ids == ("E2",)


def test_a_long_range_is_cut_with_a_note(wall: Catalog) -> None:
    box = Toolbox(wall, WordFinder(wall), wall_client(wall)[0], limits=ToolLimits(max_observed_s=10.0))
    record = box.call("look", {"question": "What colour?", "ranges": ["0-60"]}).record
    assert record["evidence"][0]["at"] == "0:00-0:10"
    assert record["notes"] == [
        "0:00-1:00 is longer than 10 s: only 0:00-0:10 was taken; ask for the rest in parts"
    ]


@pytest.mark.parametrize(("density", "frames"), [("low", 2), ("normal", 4), ("high", 8), ("dense", 8)])
def test_density_says_how_many_frames_are_shown(seeing: Toolbox, density: str, frames: int) -> None:
    record = seeing.call("look", {**BLUE, "density": density}).record
    assert record["cost"]["frames"] == frames


def test_a_region_is_cut_out_of_the_frames(wall: Catalog) -> None:
    vlm_client, model = wall_client(wall)
    box = Toolbox(wall, WordFinder(wall), vlm_client)
    box.call("look", BLUE)
    box.call("look", {**BLUE, "region": "top left"})
    whole, part = (asked.clips[0].frames.shape[1:3] for asked in model.requests)
    assert part == (round(whole[0] / 2), round(whole[1] / 2))  # the video is too small to be enlarged


def test_a_region_that_is_none_is_noted_and_the_whole_is_shown(seeing: Toolbox) -> None:
    record = seeing.call("look", {**BLUE, "region": "behind the door"}).record
    assert "no region 'behind the door'; write left, right" in record["notes"][0]


# ---- planners that take pictures ----


def test_a_planner_that_takes_pictures_is_given_the_frames(wall: Catalog) -> None:
    box = Toolbox(wall, WordFinder(wall))
    called = box.call("look", {**BLUE, "density": "low"}, images=True)
    pictures = [np.asarray(Image.open(io.BytesIO(one.jpeg))) for one in called.images]
    assert [colour_of(picture[None]) for picture in pictures] == ["blue"] * 8
    assert called.images[0].label == "E1 frame 1 of 8 at 0:12.5"
    assert "E1 | 0:12-0:20 | picture: 8 frames are shown to you, at 0:12.5" in called.text
    assert "look" in [spec.name for spec in box.available_tools(images=True)]


def test_frames_that_are_shown_count_on_the_meter_once(wall: Catalog) -> None:
    meter = Meter(Limits(frames=20))
    box = Toolbox(wall, WordFinder(wall), meter=meter)
    for _ in range(2):
        box.call("look", BLUE, images=True)
    assert (meter.looks, meter.frames, meter.visual_tokens > 0) == (1, 16, True)
    with pytest.raises(ToolError, match="no look is left within the caps of this run"):
        box.call("look", {**BLUE, "ranges": ["40-48"]}, images=True)


def test_frames_are_given_again_after_a_restart_without_being_counted(wall: Catalog) -> None:
    first = Toolbox(wall, WordFinder(wall))
    was = first.call("look", BLUE, images=True)
    meter = VlmCallCounter()
    later = Toolbox(wall, WordFinder(wall), meter=meter)
    later.restore(first.snapshot())
    again = later.recall("look", BLUE, images=True)
    assert (again.text, again.images, meter.num_calls) == (was.text, was.images, 0)


# ---- caps and failures ----


def test_the_meter_of_the_agent_is_a_meter_of_the_tools() -> None:
    meter: VlmMeter = Meter(Limits(looks=3))
    assert meter.vlm_calls_left(16) == 3


def test_looks_of_tools_count_on_the_meter_and_stop_at_its_caps(wall: Catalog) -> None:
    meter = Meter(Limits(looks=1))
    box = Toolbox(wall, WordFinder(wall), wall_client(wall)[0], meter=meter)
    record = box.call("look", {"question": "What colour?", "ranges": ["2-8", "40-48"]}).record
    assert record["notes"] == [
        "no look is left within the caps of this run; finish with what there is, or abstain (not looked at:"
        " 0:40-0:48)"
    ]
    assert (meter.looks, meter.frames) == (1, 4)
    with pytest.raises(ToolError, match="no look is left within the caps of this run"):
        box.call("look", BLUE)


def test_a_cap_on_frames_holds_for_looks_with_more_of_them(wall: Catalog) -> None:
    box = Toolbox(wall, WordFinder(wall), wall_client(wall)[0], meter=Meter(Limits(frames=6)))
    with pytest.raises(ToolError, match="no look is left"):
        box.call("look", {**BLUE, "density": "high"})
    assert box.call("look", BLUE).ids == ("E1",)


@pytest.mark.parametrize(
    ("name", "arguments"),
    [("look", BLUE), ("find_events", {"description": "a blue wall", "where": "both"})],
    ids=["look", "find_events in pictures"],
)
def test_without_a_model_that_looks_a_tool_says_what_to_choose(
    wall: Catalog, name: str, arguments: dict[str, object]
) -> None:
    box = Toolbox(wall, WordFinder(wall))
    with pytest.raises(ToolError, match=r"no model looks at pictures here.*PLAYHEAD_VIDEO_MODEL"):
        box.call(name, arguments)
    assert "look" not in [spec.name for spec in box.available_tools()]


class ScriptedLooker:
    """Raises what it is given, or says Yes."""

    frames = 4

    def __init__(self, *script: Exception | str) -> None:
        self.script = list(script)
        self.asked: list[tuple[str, Window]] = []

    def observe(
        self,
        video_id: str,
        window: Window,
        question: str,
        *,
        yes_no: bool = False,
        frames: int | None = None,
        region: Region | None = None,
        overview: Window | None = None,
    ) -> Observation:
        self.asked.append((question, window))
        said = self.script.pop(0) if self.script else "Yes"
        if isinstance(said, Exception):
            raise said
        return Observation(video_id, window, question, said, (window.start_s,), frames=4, visual_tokens=100)


def test_a_model_that_failed_once_is_not_asked_again(wall: Catalog) -> None:
    vlm_client = ScriptedLooker(ModelUnavailable("the server is away"))
    box = Toolbox(wall, WordFinder(wall), vlm_client)
    with pytest.raises(ToolError, match=r"looking at 0:12-0:20 failed: the server is away"):
        box.call("look", BLUE)
    with pytest.raises(ToolError, match="the server is away; it is not asked again: use search and read"):
        box.call("look", {**BLUE, "question": "Which colour has it?"})
    assert len(vlm_client.asked) == 1


# ---- finding in words ----


def test_all_texts_with_the_words_are_found_and_it_is_said_that_all_were_read(box: Toolbox) -> None:
    called = box.call("find_events", {"description": "okay", "videos": ["lecture"]})
    assert (called.record["scan_id"], called.record["found"], called.record["complete"]) == ("S1", 3, True)
    assert (
        "S1: 3 texts hold “okay”; gone through: 100% of the speech and 100% of the screen text; complete"
        in called.text
    )


def test_any_of_several_wordings_counts(box: Toolbox) -> None:
    record = box.call("find_events", {"description": "priors | posteriors | goodbye"}).record
    assert [row["at"] for row in record["evidence"]] == ["0:06-0:12", "0:20-1:00", "4:50-4:56"]


def test_words_that_are_not_stored_to_the_end_are_not_called_complete(tmp_path: Path) -> None:
    catalog = make_library(tmp_path)
    with catalog.atomic() as db:
        db.execute("UPDATE stage SET status = 'running', position_s = 60.0 WHERE name = 'speech'")
    record = Toolbox(catalog, WordFinder(catalog)).call("find_events", {"description": "okay"}).record
    assert (record["complete"], record["fraction_scanned"]) == (False, {"speech": 0.286, "screen": 1.0})


def test_a_kind_that_no_video_has_indexed_is_named_and_the_rest_can_be_complete(tmp_path: Path) -> None:
    catalog = make_library(tmp_path)
    for video_id in (LECTURE, DEMO):
        with catalog.atomic() as db:
            db.execute("DELETE FROM span WHERE kind = 'screen'")
            write_stage(db, video_id, Stage("screen", "off", note="it was switched off"))
    box = Toolbox(catalog, WordFinder(catalog))
    called = box.call("find_events", {"description": "okay"})
    assert called.record["complete"] is True
    assert "100% of the speech; screen text is not indexed (it was switched off); complete" in called.text
    counted = box.call("compute", {"op": "count", "events": ["S1"]})
    assert "count = 3; screen text not indexed; complete" in counted.text
    written = box.call("find_events", {"description": "okay", "where": "screen"})
    assert written.record["complete"] is False
    assert "gone through: nothing; screen text is not indexed" in written.text


def test_words_of_one_kind_alone_can_be_gone_through(box: Toolbox) -> None:
    record = box.call("find_events", {"description": "bayes", "where": "speech"}).record
    assert {row["kind"] for row in record["evidence"]} == {"speech"}
    assert (record["complete"], record["fraction_scanned"]) == (True, {"speech": 1.0})


def test_nothing_found_says_that_only_the_words_themselves_were_looked_for(box: Toolbox) -> None:
    record = box.call("find_events", {"description": "Kafka"}).record
    assert (record["found"], record["complete"]) == (0, True)
    assert "only texts with these very words count" in str(record["notes"])


def test_more_finds_than_the_table_takes_are_counted_all_the_same(made: Catalog) -> None:
    box = Toolbox(made, WordFinder(made), limits=ToolLimits(max_evidence=2))
    called = box.call("find_events", {"description": "okay"})
    assert (called.record["found"], called.record["complete"], called.ids) == (3, True, ("E1", "E2", "S1"))
    assert "the evidence table is full: rows without an id cannot be cited" in called.text
    counted = box.call("compute", {"op": "count", "events": ["S1"]}).record
    assert (counted["value"], counted["complete"]) == (3.0, True)
    assert box.call("compute", {"op": "last", "events": ["S1"]}).record["complete"] is False


# ---- finding in pictures ----


def test_a_look_is_asked_in_the_words_of_the_planner() -> None:
    assert observation_question("Is the man holding a cup?") == "Is the man holding a cup?"
    assert (
        observation_question("a man in a red coat")
        == "Do these frames show the following? a man in a red coat"
    )


def test_pictures_are_gone_through_and_pieces_with_a_yes_are_one_event(seeing: Toolbox) -> None:
    record = seeing.call("find_events", {"description": "a green wall", "where": "pictures"}).record
    assert (record["scan_id"], record["complete"]) == ("S1", True)
    assert record["fraction_scanned"] == {"pictures": 1.0}
    (event,) = record["events"]
    assert (event["id"], event["at"], event["evidence_ids"]) == ("V1", "0:37.5-1:00", ["E1", "E2"])


def test_a_boundary_between_yes_and_no_is_looked_at_again(wall: Catalog) -> None:
    vlm_client, model = wall_client(wall)
    box = Toolbox(wall, WordFinder(wall), vlm_client)
    (event,) = box.call("find_events", {"description": "a green wall", "where": "pictures"}).record["events"]
    assert abs(event["start_s"] - 36.0) < 4.0  # green begins at 0:36; the first pieces are 15 s long
    assert len(model.requests) == 5


def test_of_a_piece_between_two_others_the_half_that_says_yes_is_kept(wall: Catalog) -> None:
    replies = ("No", "Yes", "No", "No", "No", "Yes")  # pieces of 15 s, then the halves of the second
    vlm_client = ScriptedLooker(*replies)
    box = Toolbox(wall, WordFinder(wall), vlm_client)
    record = box.call("find_events", {"description": "a dog", "where": "pictures"}).record
    assert [row["at"] for row in record["evidence"]] == ["0:22.5-0:30"]
    both = Toolbox(wall, WordFinder(wall), ScriptedLooker("No", "Yes", "No", "No", "Yes", "Yes"))
    record = both.call("find_events", {"description": "a dog", "where": "pictures"}).record
    assert [row["at"] for row in record["evidence"]] == ["0:15-0:30"]


def test_pictures_that_run_out_of_looks_say_how_far_it_came(wall: Catalog) -> None:
    box = Toolbox(wall, WordFinder(wall), wall_client(wall)[0], meter=Meter(Limits(looks=2)))
    called = box.call("find_events", {"description": "a green wall", "where": "pictures"})
    assert (called.record["fraction_scanned"], called.record["complete"]) == ({"pictures": 0.5}, False)
    assert "2 of 4 pieces were not looked at: 0:30-0:45, 0:45-1:00" in called.text
    assert box.call("compute", {"op": "count", "events": ["S1"]}).record["complete"] is False


def test_a_call_made_again_with_its_looks_at_hand_stops_where_it_stopped(wall: Catalog) -> None:
    limits, call = ToolLimits(max_scan_observations=2), {"description": "a dog", "where": "pictures"}
    first = Toolbox(wall, WordFinder(wall), ScriptedLooker("No", "No"), limits=limits)
    was = first.call("find_events", call)
    assert "one call looks at 2 of the 4 pieces; give ranges for the others" in was.text
    vlm_client = ScriptedLooker()
    later = Toolbox(wall, WordFinder(wall), vlm_client, limits=limits)
    later.context.observations = dict(first.context.observations)
    assert (later.call("find_events", call).text, vlm_client.asked) == (was.text, [])


def test_a_reply_that_is_neither_yes_nor_no_does_not_count_as_looked_at(wall: Catalog) -> None:
    box = Toolbox(wall, WordFinder(wall), ScriptedLooker("No", "It is dark.", "No", "No"))
    record = box.call("find_events", {"description": "a dog", "where": "pictures"}).record
    assert (record["fraction_scanned"], record["complete"]) == ({"pictures": 0.75}, False)


def test_frames_that_cannot_be_decoded_are_passed_over_and_are_not_covered(wall: Catalog) -> None:
    broken = VideoUnreadable(Path("wall.mp4"), "it ends in the middle")
    box = Toolbox(wall, WordFinder(wall), ScriptedLooker("No", broken, "No", "No"))
    called = box.call("find_events", {"description": "a dog", "where": "pictures"})
    assert called.record["fraction_scanned"] == {"pictures": 0.75}
    assert "it ends in the middle" in called.text


def test_a_model_that_goes_away_ends_the_scan_with_what_was_seen(wall: Catalog) -> None:
    box = Toolbox(wall, WordFinder(wall), ScriptedLooker("Yes", ModelUnavailable("gone")))
    record = box.call("find_events", {"description": "a dog", "where": "pictures"}).record
    assert (len(record["evidence"]), record["fraction_scanned"]) == (1, {"pictures": 0.25})


def test_likely_pieces_are_looked_at_first(wall: Catalog) -> None:
    vlm_client, model = wall_client(wall)
    finder = WordFinder(wall, frames=[(1, WALL, Window(50.0, 51.0), 0.4)])
    box = Toolbox(wall, finder, vlm_client, meter=VlmCallCounter(max_calls=1))
    box.call("find_events", {"description": "a yellow car", "where": "pictures"})
    assert model.requests[0].clips[0].window.start_s >= 45.0


def test_both_is_complete_only_where_words_and_pictures_are(wall: Catalog) -> None:
    whole = Toolbox(wall, WordFinder(wall), wall_client(wall)[0])
    record = whole.call("find_events", {"description": "blue wall", "where": "both"}).record
    assert record["complete"] is True
    assert record["fraction_scanned"] == {"speech": 1.0, "screen": 1.0, "pictures": 1.0}
    assert record["evidence"][0]["kind"] == "caption"
    capped = Toolbox(wall, WordFinder(wall), wall_client(wall)[0], meter=VlmCallCounter(max_calls=1))
    record = capped.call("find_events", {"description": "blue wall", "where": "both"}).record
    assert record["complete"] is False


def test_recordings_of_sound_alone_have_nothing_to_see_and_are_covered(tmp_path: Path) -> None:
    catalog = make_library(tmp_path, SPANS)
    with catalog.atomic() as db:
        db.execute("UPDATE video SET n_frames = 0")
    box = Toolbox(catalog, WordFinder(catalog), ScriptedLooker())
    record = box.call("find_events", {"description": "a dog", "where": "pictures"}).record
    assert (record["found"], record["complete"]) == (0, True)
    assert record["notes"] == ["2 of 2 videos have no pictures"]


@pytest.mark.parametrize("looks", range(7))
def test_what_was_not_looked_at_is_never_called_complete(wall: Catalog, looks: int) -> None:
    vlm_client = ScriptedLooker(*["No"] * 9)
    box = Toolbox(wall, WordFinder(wall), vlm_client, meter=VlmCallCounter(max_calls=max(looks, 0)))
    given: Mapping[str, Any] = {"description": "a dog", "where": "pictures"}
    record = box.call("find_events", given).record
    viewed_s = sum(window.duration_s for _, window in vlm_client.asked)
    assert record["complete"] == (viewed_s >= 60.0)
    assert record["fraction_scanned"]["pictures"] == pytest.approx(min(viewed_s / 60.0, 1.0))


def test_videos_of_a_scope_are_all_gone_through(made: Catalog) -> None:
    vlm_client = ScriptedLooker(*["No"] * 40)
    box = Toolbox(made, WordFinder(made), vlm_client)
    record = box.call("find_events", {"description": "a dog", "where": "pictures"}).record
    assert record["complete"] is True
    assert record["fraction_scanned"] == {"pictures": 1.0}
    assert {LECTURE, DEMO} == set(box.context.scans[0]["seen"])
