"""Writes docs/video-models.md from tiny checkpoints: `python -m tests.tools.video_llm.family_table`."""

import tempfile
from pathlib import Path

from tests.tools.video_llm.checkpoints import write_checkpoint
from tests.tools.video_llm.tiny_families import FAMILY_MAKERS
from tests.tools.video_llm.tiny_models import MAKERS

from playhead_index.embed.runtime import transformers
from playhead_tools.video_llm.clip_features import placeholder
from playhead_tools.video_llm.load_model import load
from playhead_tools.video_llm.loaded_model import LoadedModel, LoadOptions
from playhead_tools.video_llm.prefix_cache import keeps_all

REFUSED = {
    "instructblip": "writes no videos into a prompt",
    "instructblipvideo": "its vision encoder reads the question",
}
"""Why a type cannot run, as the error says it."""
HEAD = """# Video models

Playhead loads every model of transformers that takes videos. A type with a row in `model_families.FAMILIES` runs
as that row says; any other type is probed once when it is loaded: a clip of noise goes through its own processor
and vision encoder, which shows the placeholder of a feature, how many frames a step joins, whether a BOS and
times are written, and how its chat template takes clips. Types that nobody compared with the stock call run with
a note in every report.

This table is written by `python -m tests.tools.video_llm.family_table` from tiny checkpoints of the real classes
with random weights; a test per type keeps it true. Each type that runs equals the stock call (stock processor,
stock `forward` and `generate`) to 1e-5 in double precision, with and without tokens left out. Nothing here was
run with released weights.

- **Placeholder**: the token that stands for one feature of a clip.
- **Frames a step**: frames whose features are kept or left out together; empty where it depends on the clip.
- **Times**: the processor writes the times of the frames. A table of numbers and times stands before each clip
  in any case.
- **BOS**: the processor writes a token before every prompt, beside what the tokenizer does.
- **Places**: tokens have places in time, height and width (3), or are only counted (1).
- **Both ways**: tokens of a frame may attend to later ones.
- **Second question**: keys and values of the prompt are kept whole; else the model has layers that forget or sum
  up tokens.

| Type | Title | Placeholder | Frames a step | Times | BOS | Places | Both ways | Second question |
| --- | --- | --- | --- | --- | --- | --- | --- | --- |
"""
REFUSED_HEAD = """
Refused, with the mechanism that is missing:

| Type | Reason |
| --- | --- |
"""
TAIL = """
`instructblip` and `instructblipvideo` can be asked through a server, as can all models that transformers does not
have.
"""


def table_path() -> Path:
    """Where the table stands."""
    return Path(__file__).parents[3] / "docs" / "video-models.md"


def types_with_video() -> set[str]:
    """Model types that have both a video processor and a class that answers about pictures."""
    from transformers.models.auto.modeling_auto import MODEL_FOR_IMAGE_TEXT_TO_TEXT_MAPPING_NAMES
    from transformers.models.auto.video_processing_auto import VIDEO_PROCESSOR_MAPPING_NAMES

    return set(MODEL_FOR_IMAGE_TEXT_TO_TEXT_MAPPING_NAMES) & set(VIDEO_PROCESSOR_MAPPING_NAMES)


def family_row(model_type: str, loaded: LoadedModel) -> str:
    """A type's line of the table."""
    family = loaded.family
    token = placeholder(loaded, family.modality)
    both_ways = not family.mrope and "mm_token_type_ids" in loaded.model.forward.__annotations__
    cells = [
        f"`{model_type}`", family.title, f"`{token}`", "" if family.step_frames is None else str(family.step_frames),
        {True: "yes", False: "no", None: ""}[family.writes_times], f"`{family.bos}`" if family.bos else "no",
        "3" if family.mrope else "1", "yes" if both_ways else "no",
        "kept" if keeps_all(loaded.model.config) else "not kept",
    ]  # fmt: skip
    return f"| {' | '.join(cells)} |\n"


def write_table() -> None:
    """Loads a tiny checkpoint of every type and writes the page."""
    rows: list[str] = []
    with tempfile.TemporaryDirectory() as folder:
        for model_type in sorted([*MAKERS, *FAMILY_MAKERS]):
            checkpoint = write_checkpoint(model_type, Path(folder) / model_type)
            rows.append(family_row(model_type, load(str(checkpoint), LoadOptions(device="cpu"))))
    refused = [f"| `{model_type}` | {reason} |\n" for model_type, reason in REFUSED.items()]
    table_path().write_text("".join([HEAD, *rows, REFUSED_HEAD, *refused, TAIL]))
    print(f"{table_path()}: {len(rows)} types of transformers {transformers().__version__}")


if __name__ == "__main__":
    write_table()
