"""Captions by a real class of transformers, tiny and untrained: a batch says what single calls say."""

from pathlib import Path

import pytest
from tests.tools.captions.made_segments import segment
from tests.tools.video_llm.checkpoints import write_checkpoint

from playhead.load_video_model import load_captioner
from playhead.video_model_choice import video_choice
from playhead_tools.captions.captioner import VideoCaptioner, prompt_hash


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_checkpoint("qwen2_5_vl", tmp_path_factory.mktemp("models") / "tiny-qwen")


@pytest.fixture(scope="module")
def captioner(checkpoint: Path) -> VideoCaptioner:
    return load_captioner(video_choice(str(checkpoint)), device="cpu")


def test_a_small_checkpoint_captions_in_plain_text_under_its_folders_name(captioner: VideoCaptioner) -> None:
    assert captioner.name == f"caption:tiny-qwen#{prompt_hash(forms=False, plain=True)}"


def test_a_batch_of_segments_is_captioned_as_each_alone(captioner: VideoCaptioner) -> None:
    segments = [segment(0.0, 4.0), segment(4.0, 8.0, pictures=2)]
    alone = [captioner.caption([one])[0].text for one in segments]
    assert [one.text for one in captioner.caption(segments)] == alone
    assert all("\n" not in text for text in alone)


def test_samples_of_a_checkpoint_agree_in_part(checkpoint: Path) -> None:
    captioner = load_captioner(video_choice(str(checkpoint)), device="cpu", samples=3)
    (caption,) = captioner.caption([segment(0.0, 4.0)])
    assert caption.agreement is not None
    assert 0.0 <= caption.agreement <= 1.0
    assert caption.frames == 12
