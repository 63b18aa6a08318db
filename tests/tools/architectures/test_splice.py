"""The model of all architectures: features stand in the places of placeholders, and only there."""

from typing import Any

import pytest

from playhead_index.embed.runtime import torch, transformers
from playhead_tools.architectures.splice import SpliceConfig, SpliceModel

VIDEO, IMAGE = 50, 51
"""Above a vocabulary of 50."""


@pytest.fixture(scope="module")
def model() -> Any:
    torch().manual_seed(0)
    text = {
        "model_type": "qwen2", "vocab_size": 50, "hidden_size": 16, "intermediate_size": 24,
        "num_hidden_layers": 2, "num_attention_heads": 2, "num_key_value_heads": 1,
    }  # fmt: skip
    config = SpliceConfig(text_config=text, video_token_id=VIDEO, image_token_id=IMAGE)
    return SpliceModel(config).double().eval()


def features(*rows: Any) -> Any:
    from transformers.modeling_outputs import BaseModelOutputWithPooling

    return BaseModelOutputWithPooling(pooler_output=list(rows))


def test_features_stand_in_order_where_the_placeholders_were(model: Any) -> None:
    ids = torch().tensor([[1, VIDEO, VIDEO, 2], [VIDEO, 3, IMAGE, 4]])
    rows = torch().arange(4 * 16, dtype=torch().float64).reshape(4, 16)
    given = {"video": features(rows[:2], rows[2:3]), "image": features(rows[3:])}
    vectors = model.splice(ids, given)
    assert torch().equal(vectors[0, 1:3], rows[:2])
    assert torch().equal(vectors[1, [0, 2]], rows[2:])
    assert torch().equal(vectors[0, 0], model.get_input_embeddings().weight[1])


@pytest.mark.parametrize("count", [1, 3])
def test_another_number_of_features_than_placeholders_is_refused(model: Any, count: int) -> None:
    ids = torch().tensor([[1, VIDEO, VIDEO]])
    given = {"video": features(torch().zeros(count, 16, dtype=torch().float64))}
    with pytest.raises(ValueError, match=f"got {count} video features for 2 placeholders"):
        model.splice(ids, given)


def test_placeholders_without_features_are_refused(model: Any) -> None:
    with pytest.raises(ValueError, match="got 0 video features for 2 placeholders"):
        model(input_ids=torch().tensor([[1, VIDEO, VIDEO]]))


def test_without_clips_it_is_the_stock_text_model(model: Any) -> None:
    stock = transformers().Qwen2ForCausalLM(model.config.text_config).double().eval()
    stock.model.load_state_dict(model.language_model.state_dict())
    stock.lm_head.load_state_dict(model.lm_head.state_dict())
    ids = torch().tensor([[1, 2, 3, 4]])
    with torch().inference_mode():
        assert torch().equal(model(input_ids=ids).logits, stock(input_ids=ids).logits)
        greedy = {"max_new_tokens": 5, "do_sample": False}
        assert torch().equal(model.generate(ids, **greedy), stock.generate(ids, **greedy))
