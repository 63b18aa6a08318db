"""The tokenizer of nano-vlm: bytes merged into the words of the synthetic benchmark, digits one by one."""

from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any

from playhead_bench.nano.paint_frames import clip_of
from playhead_bench.world.clip_questions import clip_questions
from playhead_bench.world.clip_wordings import NOT_IN_VIDEO
from playhead_bench.world.vocabulary import COLOURS, OBJECT_SHAPES, PLACES
from playhead_index.embed.runtime import transformers

PAD, START, END = "<|endoftext|>", "<|im_start|>", "<|im_end|>"
SPECIAL = (PAD, START, END, "<|vision_start|>", "<|vision_end|>", "<|image_pad|>", "<|video_pad|>")
VOCABULARY = 704
CORPUS_CLIPS = 3000
CHAT_TEMPLATE = (
    "{% for message in messages %}{{ '<|im_start|>' + message.role + '\\n' }}"
    "{% if message.content is string %}{{ message.content }}{% else %}"
    "{% for part in message.content %}"
    "{% if part.type == 'video' %}{{ '<|video_pad|>' }}"
    "{% elif part.type == 'image' %}{{ '<|vision_start|><|image_pad|><|vision_end|>' }}"
    "{% elif part.type == 'text' %}{{ part.text }}{% endif %}{% endfor %}{% endif %}"
    "{{ '<|im_end|>\\n' }}{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif %}"
)
"""ChatML as Qwen's models have it; the processor puts times and frame markers around a video's tokens."""


def make_tokenizer() -> Any:
    """A tokenizer in transformers' format, the same every time: byte-level BPE over questions and answers.

    A word of the world is one token, with the space before it; anything else is spelt in bytes, so that
    every text can be written.
    """
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers

    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Digits(individual_digits=True),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=True),
        ]
    )
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=VOCABULARY,
        special_tokens=list(SPECIAL),
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator(_corpus(), trainer)
    return transformers().PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        pad_token=PAD,
        eos_token=END,
        additional_special_tokens=list(SPECIAL[1:]),
        model_max_length=32_768,
        padding_side="left",
        clean_up_tokenization_spaces=False,
        chat_template=CHAT_TEMPLATE,
    )


def _corpus() -> Iterator[str]:
    rng = Random(0)
    words = [*COLOURS, *OBJECT_SHAPES, "yes", "no", "left", "right", "A", "B", "C", "D", NOT_IN_VIDEO]
    for word in words:
        yield from [word, f" {word}", f"\n{word}. a {word}"] * 60
    for place in PLACES.values():
        yield from [place, f" {place}"] * 60
    for number in range(CORPUS_CLIPS):
        clip = clip_of(number)
        yield from [
            "<|im_start|>user\n",
            "<|im_start|>assistant\n",
            *(f"<{t} seconds>" for t in clip.printed_s),
        ]
        for question in clip_questions(clip.scene, clip.window, clip.times_s, clip.printed_s, rng):
            yield from (question.text, question.answer)


def load_or_make_tokenizer(folder: Path) -> Any:
    """The tokenizer of a training run: made once, then loaded from its folder.

    Token numbers are what weights are learnt for, so a run never makes its tokenizer twice.
    """
    if not (folder / "tokenizer.json").exists():
        make_tokenizer().save_pretrained(folder)
    return transformers().AutoTokenizer.from_pretrained(folder, local_files_only=True)
