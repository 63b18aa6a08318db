"""Writes docs/video-models.md from tiny checkpoints: `python -m tests.tools.video_llm.family_table`."""

import tempfile
from pathlib import Path

from tests.tools.video_llm.checkpoints import write_checkpoint
from tests.tools.video_llm.tiny_families import FAMILY_MAKERS
from tests.tools.video_llm.tiny_models import MAKERS

from playhead_index.embed.runtime import torch, transformers
from playhead_tools.video_llm.clip_features import placeholder
from playhead_tools.video_llm.generation import prefix_reuse
from playhead_tools.video_llm.load_model import load
from playhead_tools.video_llm.load_options import LoadOptions
from playhead_tools.video_llm.loaded_model import LoadedModel
from playhead_tools.video_llm.prompt_rows import token_types

REFUSED = {
    "instructblip": "writes no videos into a prompt",
    "instructblipvideo": "its vision encoder reads the question",
}
"""Why a type cannot run, as the error says it."""
_REUSE = {"prefix": "any", "snapshot": "clips", "none": "no"}
HEAD = """# Video models

Playhead loads the models of transformers that take videos. A type with a row in `model_families.FAMILIES`
runs as that row says. Any other type is probed once, when it is loaded: a clip of noise goes through its own
processor and vision encoder, which shows the placeholder of a feature, how many frames a step joins, and
whether a BOS and times are written; a message through its chat template shows how that takes clips. Types
that are not in this table run with a note in every report.

This page is written by `python -m tests.tools.video_llm.family_table` from tiny checkpoints of the real
classes with random weights, with transformers 5.24; a test per type keeps it true. Each probed type equals
the stock call (stock processor, stock `forward` and `generate`) to 1e-5 in single precision, with and without
tokens left out, with one and with two clips; the types with a row to 1e-12 in double precision. Nothing here
was run with released weights.

- **Placeholder**: the token that stands for one feature of a clip.
- **Frames a step**: frames whose features are kept or left out together, where a probe counted them.
- **Times**: the processor writes the times of the frames, where a probe looked. A table of numbers and
  times stands before each clip in any case.
- **BOS**: the processor writes a token before every prompt, beside what the tokenizer does.
- **Places**: tokens have places in time, height and width (3), or are only counted (1).
- **Token types**: what is passed on to say of every token what it is: `mm_token_type_ids` for models whose
  visual tokens may attend to later ones, `moe_mm_token_type_ids` for experts of words and of pictures.
- **Prefix**: what a prompt leaves for the next one that begins alike. `any`: keys and values of all its
  tokens, of which any beginning is used. `clips`: layers of the tiny checkpoint forget tokens (sliding
  windows) or sum them up (linear attention, convolutions, Mamba), so the state of all layers at the end of
  the clips is kept. A checkpoint without such layers is `any`. `no`: nothing.

| Type | Title | Placeholder | Frames a step | Times | BOS | Places | Token types | Prefix |
| --- | --- | --- | --- | --- | --- | --- | --- | --- |
"""
REFUSED_HEAD = """
Refused, with the mechanism that is missing:

| Type | Reason |
| --- | --- |
"""
TAIL = """
These can be asked through a server, as can all models that transformers does not have.

Known limits:

- `dots3_note`: transformers' own indexed attention also selects padding once a prompt is longer than
  `index_topk`; its prompts are answered one after the other, never in a batch. Among tokens of equal scores
  it chooses by the length of what is computed, so a prompt in parts has other scores, and nothing is reused.
- `molmo2`: its processor takes one video a prompt; more are put in with a note.
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
    types = ", ".join(f"`{name}`" for name in token_types(loaded, torch().tensor([0])))
    escaped = token.replace("|", r"\|")
    cells = [
        f"`{model_type}`", family.title, f"`{escaped}`", str(family.step_frames or ""),
        {True: "yes", False: "no", None: ""}[family.writes_times], "yes" if family.bos else "no",
        "3" if family.mrope else "1", types, _REUSE[prefix_reuse(loaded).kind],
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
