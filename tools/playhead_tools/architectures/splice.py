"""The model of all architectures here: features of vision towers are spliced into a prompt.

A subclass adds its towers and projector and turns pixels into rows (`get_video_features`); the text model is
a stock one of transformers, and `generate` the stock one. So everything that serves the models of
transformers serves these: encoded clips (`mm_encoder_outputs`), pruned rows, batches padded on the left,
cached prefixes, turns.

Importing this module imports transformers; loaders alone do.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any, ClassVar

from playhead_index.embed.runtime import torch, transformers
from playhead_index.embed.transformer import load_complete
from playhead_tools.video_llm.cache_name import cache_name

_library = transformers()
_outputs = import_module("transformers.modeling_outputs")
CACHE = cache_name()
"""What this version of transformers calls keys and values."""


@dataclass
class EncodedVideo(_outputs.BaseModelOutputWithPooling):  # type: ignore[misc, name-defined]
    """What `get_video_features` returns: rows, and what else is known of them.

    Args:
        pooler_output: (N * T, D) tensor, T rows for each of N steps; or a list of such, joined by `encode`.
        default_indices: (K,) int64 ascending, the rows that the model's own rule shows; None for all.
        fine_rows: how many of a step's T rows are its fine grid; the others are the same step in a coarser
            grid and are shown instead of them, never beside them. None: there is one grid.
        redundant: (N,) bool, steps that the model's own rule leaves out when there are too many of them.
        context: (S, T, D), T rows for each of S steps that are attended to and not spliced; None for none.
        context_owner: (S * T,) int64, for each row of context the row that it goes with; None: none.
    """

    default_indices: Any = None
    fine_rows: int | None = None
    redundant: Any = None
    context: Any = None
    context_owner: Any = None


class SpliceConfig(_library.PreTrainedConfig):  # type: ignore[misc, name-defined]
    """Configuration of a `SpliceModel`; subclasses add fields of their own.

    Args:
        text_config: of the text model: a configuration of transformers, or its settings with `model_type`.
        video_token_id: the token that stands for one row of a video; it may lie outside the vocabulary.
        image_token_id: the same for images.
        tie_word_embeddings: the word head is the table of word vectors.
    """

    model_type = "splice"
    sub_configs: ClassVar[dict[str, Any]] = {"text_config": _library.AutoConfig}

    text_config: Any = None
    video_token_id: int = -1
    image_token_id: int = -2
    tie_word_embeddings: bool = False

    def __post_init__(self, **kwargs: Any) -> None:
        if self.text_config is None:
            self.text_config = _library.Qwen2Config()
        elif isinstance(self.text_config, dict):
            settings = dict(self.text_config)
            self.text_config = _library.AutoConfig.for_model(settings.pop("model_type"), **settings)
        super().__post_init__(**kwargs)


class SpliceModel(_library.PreTrainedModel, _library.GenerationMixin):  # type: ignore[misc, name-defined]
    """A video-LLM: rows of a vision encoder among the word vectors of a stock text model.

    A subclass makes its own layers after `super().__init__(config)`, calls `self.post_init()` last, and
    implements `get_video_features`. Further arguments of `forward` go to the text model and from there to
    every attention layer, which is how a subclass hands them context to attend to.

    Args:
        config: of this model.
    """

    config_class = SpliceConfig
    base_model_prefix = ""
    input_modalities = ("video", "text")
    reads_question: ClassVar[bool] = False
    """Whether rows depend on the question: `get_video_features` gives what does not, `refine` the rows."""
    _supports_sdpa = True
    _supports_flash_attn = True
    _supports_attention_backend = True
    _tied_weights_keys: ClassVar[dict[str, str]] = {"lm_head.weight": "language_model.embed_tokens.weight"}

    def __init__(self, config: Any) -> None:
        super().__init__(config)
        text = config.text_config
        self.language_model = _library.AutoModel.from_config(text)
        self.lm_head = torch().nn.Linear(text.hidden_size, text.vocab_size, bias=False)

    def get_input_embeddings(self) -> Any:
        """The text model's table of word vectors."""
        return self.language_model.get_input_embeddings()

    def set_input_embeddings(self, value: Any) -> None:
        """Another table of word vectors."""
        self.language_model.set_input_embeddings(value)

    def get_output_embeddings(self) -> Any:
        """The word head."""
        return self.lm_head

    def get_video_features(self, *args: Any, **kwargs: Any) -> EncodedVideo:
        """The rows of one clip, see `EncodedVideo`.

        A subclass names the tensors that its processor makes, `pixel_values_videos` among them.

        Args:
            args: none.
            kwargs: pixels of the frames of one clip, and `return_dict`, which is always true.
        """
        raise NotImplementedError

    def refine(self, rows: Any, num_frames: int, instruction_ids: Any) -> Any:
        """The rows that are spliced for an instruction, of a model that `reads_question`.

        Its processor has `instruction(question, num_frames)` and `instruction_ids(question, num_frames)`.

        Args:
            rows: those of `get_video_features`.
            num_frames: of the clip.
            instruction_ids: (W,) int64.
        """
        raise NotImplementedError

    def splice(self, input_ids: Any, mm_encoder_outputs: Mapping[str, Any] | None) -> Any:
        """(B, L, D) word vectors with features in the places of the placeholders, in the order of both.

        Args:
            input_ids: (B, L) int64; placeholders may lie outside the vocabulary.
            mm_encoder_outputs: by modality, with `pooler_output` (n, D), (1, n, D), or a list of (n_i, D).

        Raises:
            ValueError: there are not as many features as placeholders.
        """
        ids = {"image": self.config.image_token_id, "video": self.config.video_token_id}
        masks = {modality: input_ids == number for modality, number in ids.items()}
        any_mask = masks["image"] | masks["video"]
        vectors = self.get_input_embeddings()(input_ids.masked_fill(any_mask, 0))
        given = mm_encoder_outputs or {}
        for modality, mask in masks.items():
            output = given.get(modality)
            if output is None and input_ids.shape[1] == 1:
                continue
            rows = (
                vectors.new_zeros(0, vectors.shape[-1]) if output is None else _joined(output.pooler_output)
            )
            if len(rows) != int(mask.sum()):
                raise ValueError(f"got {len(rows)} {modality} features for {int(mask.sum())} placeholders")
            vectors = vectors.masked_scatter(mask[..., None], rows.to(vectors))
        return vectors

    def forward(
        self,
        input_ids: Any = None,
        attention_mask: Any = None,
        position_ids: Any = None,
        cache: Any = None,
        past_key_values: Any = None,
        inputs_embeds: Any = None,
        use_cache: bool | None = None,
        mm_encoder_outputs: Any = None,
        logits_to_keep: int | Any = 0,
        **kwargs: Any,
    ) -> Any:
        """Logits of the next tokens, as the stock models return them.

        Args:
            input_ids: (B, L) int64 with a placeholder for every feature.
            attention_mask: (B, L), 0 for padding.
            position_ids: (B, L).
            cache: keys and values of earlier columns (`past_key_values` in older versions).
            past_key_values: the same.
            inputs_embeds: (B, L, D) in place of `input_ids`.
            use_cache: give keys and values back.
            mm_encoder_outputs: encoded clips by modality, see `splice`.
            logits_to_keep: of so many last columns; 0 for all.
            kwargs: for the text model and its attention layers.
        """
        kwargs.pop("return_dict", None)
        if inputs_embeds is None:
            inputs_embeds = self.splice(input_ids, mm_encoder_outputs)
        known = cache if cache is not None else past_key_values
        outputs = self.language_model(
            inputs_embeds=inputs_embeds,
            attention_mask=attention_mask,
            position_ids=position_ids,
            use_cache=self.config.text_config.use_cache if use_cache is None else use_cache,
            **{CACHE: known},
            **kwargs,
        )
        kept = slice(-logits_to_keep, None) if isinstance(logits_to_keep, int) else logits_to_keep
        return _outputs.CausalLMOutputWithPast(
            logits=self.lm_head(outputs.last_hidden_state[:, kept]),
            hidden_states=outputs.hidden_states,
            attentions=outputs.attentions,
            **{CACHE: getattr(outputs, CACHE)},
        )


def load_released(
    model_class: Any, config: SpliceConfig, folder: Path, renames: Mapping[str, str], **options: Any
) -> Any:
    """A `SpliceModel` whose weights come from files in the released layout, each weight exactly once.

    Args:
        model_class: a subclass of `SpliceModel`.
        config: of it.
        folder: with `*.safetensors`.
        renames: beginnings of the released names as regular expressions, and what stands for them here.
        options: of `load_complete` and `from_pretrained`.

    Raises:
        ValueError: weights are missing, left over, or of another shape; it names them.
    """
    return load_complete(model_class, folder, config=config, key_mapping=dict(renames), **options)


def stop_at(generation: Any, tokenizer: Any, stop: str) -> None:
    """Generation also ends at the token that ends the assistant's turn, where the tokenizer has it.

    Args:
        generation: a `GenerationConfig`, changed.
        tokenizer: of the model.
        stop: the token, such as `<|im_end|>`.
    """
    ends = tokenizer.eos_token_id if generation.eos_token_id is None else generation.eos_token_id
    known = [ends] if isinstance(ends, int) else list(ends or ())
    number = tokenizer.convert_tokens_to_ids(stop) if stop in tokenizer.get_vocab() else None
    if number is not None and number not in known:
        generation.eos_token_id = [*known, number]


def _joined(features: Any) -> Any:
    """(n, D) the rows of all clips."""
    parts = features if isinstance(features, (list, tuple)) else [features]
    return torch().cat([part.reshape(-1, part.shape[-1]) for part in parts])
