"""What the installed version of transformers calls the keys and values of earlier columns."""

from inspect import signature

from playhead_index.embed.runtime import transformers


def cache_name() -> str:
    """The argument of `forward` and `generate`: `cache` in newer versions, `past_key_values` before."""
    prepare = transformers().GenerationMixin.prepare_inputs_for_generation
    return "cache" if "cache" in signature(prepare).parameters else "past_key_values"
