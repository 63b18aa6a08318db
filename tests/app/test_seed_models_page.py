"""The Python blocks of `docs/seed-models.md` are run in order, on tiny checkpoints in the released layout."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from tests.made_videos import counted, read_code
from tests.repository_paths import page
from tests.tools.architectures.longvu.tiny_longvu import write_longvu
from tests.tools.architectures.mplug_owl3.released import write_owl3
from tests.tools.architectures.slow_fast.tiny_slow_fast import write_slow_fast
from tests.tools.architectures.video_chat2.made_checkpoint import make_checkpoint
from tests.tools.made_library import make_library
from tests.tools.video_llm.checkpoints import write_checkpoint
from typer.testing import CliRunner

from playhead.cli import add_plugins, app

PAGE = "docs/seed-models.md"
BLOCKS = re.compile(r"^```python\n(.*?)^```", re.DOTALL | re.MULTILINE)
COMMANDS = re.compile(r"^playhead (\w+)( .*)$", re.MULTILINE)
FRAMES, FPS = 120, 4.0


def write_models(folder: Path) -> None:
    """Tiny checkpoints where the page names the released ones."""
    named = {
        "LanguageBind/Video-LLaVA-7B-hf": lambda to: write_checkpoint("video_llava", to),
        "Vision-CAIR/LongVU_Qwen2_7B": lambda to: write_longvu(to, "qwen", context=8192),
        "mPLUG/mPLUG-Owl3-7B-241101": lambda to: write_owl3(to, "241101"),
        "shi-labs/slowfast-video-mllm-qwen2-7b-convnext-576-frame64-s1t4": lambda to: write_slow_fast(
            to, min_fast_frames=16
        ),
        "VideoChat2_stage3_Mistral_7B": make_checkpoint,
    }
    for name, write in named.items():
        (folder / name).mkdir(parents=True)
        write(folder / name)


@pytest.fixture(scope="module")
def names(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Any]]:
    """What the blocks of the page define."""
    folder = tmp_path_factory.mktemp("seeds")
    write_models(folder)
    counted(folder / "talk.mp4", FRAMES, fps=FPS)
    Image.new("RGB", (40, 32), (200, 30, 30)).save(folder / "photo.jpg")
    (folder / "predictions.json").write_text(json.dumps([{"Q": "Who?", "A": "She.", "pred": "A woman."}]))
    make_library(folder / "talks")
    defined: dict[str, Any] = {"__name__": "seed_models"}
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        for number, block in enumerate(BLOCKS.findall(page(PAGE)), start=1):
            exec(compile(block, f"{PAGE}, block {number}", "exec"), defined)
        yield defined


def frames_of(clip: Any) -> list[int]:
    """The numbers of a clip's frames, as they are written in the pictures."""
    assert [round(time_s * FPS) for time_s in clip.pts_s] == list(map(read_code, clip.frames))
    return list(map(read_code, clip.frames))


def text_of(names: dict[str, Any], model: str, prompt: str = "") -> str:
    tokenizer = names[model].loaded.tokenizer
    return str(tokenizer.decode(names[prompt or f"{model}_prompt"].row.ids))


def test_every_model_answers(names: dict[str, Any]) -> None:
    replies = [value for name, value in names.items() if name.endswith("_reply")]
    assert len(replies) == 6
    assert all(reply.text for reply in replies)


def test_video_llava_is_shown_every_eighth_of_the_video(names: dict[str, Any]) -> None:
    assert frames_of(names["eight"]) == np.arange(0, FRAMES, FRAMES / 8).astype(int).tolist()
    expected = f"USER: {'<video>' * 8 * 5}\nWhy is this video funny? ASSISTANT:"
    assert text_of(names, "video_llava") == expected


def test_video_llava_is_shown_an_image_and_a_video(names: dict[str, Any]) -> None:
    image, video = "<image>" * 4, "<video>" * 8 * 5
    expected = f"USER: {image}\n{video}\nIs this person in the video? ASSISTANT:"
    assert text_of(names, "video_llava", "both_prompt") == expected
    assert [clip.features.is_image for clip in names["both_prompt"].row.clips] == [True, False]


def test_longvu_is_shown_a_frame_a_second(names: dict[str, Any]) -> None:
    assert frames_of(names["seconds"]) == list(range(0, FRAMES, 4))
    assert len(names["longvu_prompt"].prompt_frames) == 30
    text = text_of(names, "longvu")
    assert text.startswith("<|im_start|>system\nYou are a helpful assistant.<|im_end|>\n<|im_start|>user\n<")
    assert text.endswith(">\nDescribe this video in detail<|im_end|>\n<|im_start|>assistant\n")


def test_owl3_is_shown_the_middles_of_sixteen_shares(names: dict[str, Any]) -> None:
    assert frames_of(names["sixteen"]) == [int(i * 7.5 + 3.75) for i in range(16)]
    assert text_of(names, "owl3").count("<|image|>") == 16
    assert names["owl3_reply"].report.new_tokens <= 100


def test_slow_fast_is_shown_sixty_four_frames_from_first_to_last(names: dict[str, Any]) -> None:
    assert frames_of(names["sixty_four"]) == np.linspace(0, FRAMES - 1, 64).astype(int).tolist()
    assert text_of(names, "slow_fast").count("<video>") == 16 * 4


def test_video_chat2_is_shown_the_middles_of_segments(names: dict[str, Any]) -> None:
    width = (FRAMES - 1) / 16
    expected = [int(width / 2) + round(float(np.round(i * width))) for i in range(16)]
    assert frames_of(names["segments"]) == expected
    text = text_of(names, "video_chat2")
    assert (
        re.sub(r"(<\|video\|>)+", "…", text)
        .replace(" ", "")
        .endswith("[INST]<Video>…</Video>[/INST][INST]Whatisthepersondoing?[/INST]")
    )


def test_vtimellm_is_shown_a_hundred_frames_and_its_bins_become_times(names: dict[str, Any]) -> None:
    assert frames_of(names["hundred"]) == np.linspace(0, FRAMES - 1, 100).astype(int).tolist()
    assert "During which frames can we see a dog jumps?" in names["grounding_request"].question
    (window,) = names["grounded"]
    assert (window.start_s, round(window.end_s, 2)) == (7.5, 15.0)


def test_a_judge_is_asked_as_the_page_says(names: dict[str, Any]) -> None:
    assert names["verdict"] == (4, None)
    assert "A woman." in names["judge_prompt"][1]["content"]


def test_captions_and_narration_are_set_as_in_the_originals(names: dict[str, Any]) -> None:
    assert names["captions_strategy"].name == "captions"
    settings, sampling = names["lavila_captions"], names["lavila_sampling"]
    assert (settings.every_s, settings.samples) == (1.0, 10)
    assert (sampling.temperature, sampling.top_p) == (0.7, 0.95)


def test_every_option_of_the_commands_exists() -> None:
    add_plugins()
    commands = COMMANDS.findall(page(PAGE))
    assert len(commands) > 12
    for command, rest in commands:
        shown = CliRunner().invoke(app, [command, "--help"], terminal_width=200)
        assert shown.exit_code == 0, command
        for option in re.findall(r"(--[a-z-]+)", rest):
            assert option in shown.output, (command, option)


def test_the_page_says_licence_of_every_system() -> None:
    sections = re.split(r"^## ", page(PAGE), flags=re.MULTILINE)[1:]
    assert len(sections) == 12
    assert [part.splitlines()[0] for part in sections if not re.search(r"licen[cs]e|CC BY", part, re.I)] == []
