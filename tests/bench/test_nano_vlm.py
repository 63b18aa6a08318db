"""nano-vlm: what training computes is what the stock classes compute."""

from random import Random

import numpy as np
import pytest

from playhead_bench.nano.answer_loss import run_language_model
from playhead_bench.nano.batched_vision import features, to_patches
from playhead_bench.nano.paint_frames import clip_of, paint_clip
from playhead_bench.nano.tokenizer import PAD
from playhead_bench.nano.training_samples import RowWriter, TokenRow, TrainingSample, batch_of, make_samples
from playhead_bench.nano.vlm_model import new_checkpoint
from playhead_index.embed.runtime import torch, transformers

CLIP = clip_of(3)
LESSON = TrainingSample("action", "What does the red star do?", "it moves left", False)


@pytest.fixture(scope="module")
def stock(words, tmp_path_factory):
    """The model and the processor, loaded from disk as a user would."""
    folder = tmp_path_factory.mktemp("nano-vlm")
    new_checkpoint(folder, words)
    library = transformers()
    model = library.AutoModelForImageTextToText.from_pretrained(folder).eval()
    return model, library.AutoProcessor.from_pretrained(folder)


@pytest.fixture(scope="module")
def pictures():
    return paint_clip(CLIP, Random(0))[0]


@pytest.fixture(scope="module")
def inputs(stock, pictures):
    """What the stock processor makes of the clip and a question."""
    from transformers.video_utils import VideoMetadata

    processor = stock[1]
    questions = [{"role": "user", "content": [{"type": "video"}, {"type": "text", "text": LESSON.prompt}]}]
    text = processor.apply_chat_template(questions, add_generation_prompt=True, tokenize=False)
    indices = [round((time_s + CLIP.shift_s) * 8) for time_s in CLIP.times_s]
    metadata = VideoMetadata(
        total_num_frames=max(indices) + 1, fps=8.0, frames_indices=indices, height=100, width=180
    )
    return processor(
        text=[text], videos=[pictures], video_metadata=[metadata], do_sample_frames=False, return_tensors="pt"
    )


@pytest.fixture(scope="module")
def row(stock) -> TokenRow:
    return RowWriter(stock[1].tokenizer).row(CLIP.printed_s, [LESSON])


def test_patches_are_those_of_the_stock_processor(inputs, pictures):
    ours = to_patches(torch().from_numpy(pictures).reshape(-1, 2, 100, 180, 3))
    assert float((ours.flatten(0, 1) - inputs["pixel_values_videos"]).abs().max()) < 1e-6


def test_batched_vision_gives_the_stock_features(stock, inputs, pictures):
    model = stock[0]
    with torch().inference_mode():
        expected = model.model.get_video_features(inputs["pixel_values_videos"], inputs["video_grid_thw"])
        seen, deep = features(model.model.visual, torch().from_numpy(pictures).reshape(-1, 2, 100, 180, 3))
    assert float((seen.flatten(0, 1) - expected.pooler_output[0]).abs().max()) < 1e-5
    assert float((deep.flatten(0, 1) - expected.deepstack_features[0][0]).abs().max()) < 1e-5


def test_a_row_begins_with_the_tokens_of_the_stock_prompt(row: TokenRow, inputs):
    prompt = inputs["input_ids"][0].numpy()
    assert np.array_equal(row.ids[: len(prompt)], prompt)
    assert not row.learnt[: len(prompt)].any()
    assert row.learnt[len(prompt) :].all()


def test_a_row_has_the_positions_of_the_stock_model(stock, row: TokenRow, inputs):
    places, _ = stock[0].model.get_rope_index(
        inputs["input_ids"], inputs["mm_token_type_ids"], video_grid_thw=inputs["video_grid_thw"]
    )
    assert np.array_equal(row.positions[:, : places.shape[-1]], places[:, 0].numpy())


def test_a_row_of_many_lessons_reads_each_as_the_stock_model_reads_it_alone(stock, inputs, pictures):
    model, processor = stock
    writer = RowWriter(processor.tokenizer)
    others = make_samples(CLIP, Random(1))
    rows = [
        writer.row(CLIP.printed_s, [*others[:3], LESSON, *others[3:]]),
        writer.row(CLIP.printed_s, others[:1]),
    ]
    batch = batch_of(rows, processor.tokenizer.convert_tokens_to_ids(PAD), writer.pad)
    with torch().inference_mode():
        both = torch().from_numpy(np.concatenate([pictures, pictures]).reshape(-1, 2, *pictures.shape[1:]))
        ours = run_language_model(model, batch, *features(model.model.visual, both))
        expected = model.model(**inputs).last_hidden_state[0]
    num_prompt_tokens = len(writer.ids(f"{LESSON.prompt}<|im_end|>\n<|im_start|>assistant\n"))
    mine = ours[0][torch().from_numpy(rows[0].block == 4)][:num_prompt_tokens]
    assert float((mine - expected[-num_prompt_tokens:]).abs().max()) < 1e-4
