"""A call as the messages of a chat template."""

from collections.abc import Iterable, Sequence
from typing import Any

from playhead_index.embed.checkpoints import map_load_errors
from playhead_tools.video_llm.clip_features import goes_in_as_image
from playhead_tools.video_llm.loaded_model import LoadedModel
from playhead_tools.video_llm.model_families import Family
from playhead_tools.video_llm.prompt import PromptClip, clip_parts, system_text
from playhead_tools.video_llm.protocol import Clip, PromptFrame, VlmRequest

_SHORTEST_TOKEN = 3


def prompt_text(loaded: LoadedModel, request: VlmRequest, prompt_frames: Sequence[PromptFrame]) -> str:
    """The whole prompt as the model's own template writes it, one placeholder a clip.

    Raises:
        ModelUnavailable: the checkpoint has no template, or its template refuses the messages.
    """
    processor, family = loaded.processor, loaded.family
    template = (
        {} if processor.chat_template or family.template is None else {"chat_template": family.template}
    )
    with map_load_errors(family.title, "writing the prompt"):
        written: str = processor.apply_chat_template(
            messages(loaded, request, prompt_frames), tokenize=False, add_generation_prompt=True, **template
        )
    return written


def messages(
    loaded: LoadedModel, request: VlmRequest, prompt_frames: Sequence[PromptFrame]
) -> list[dict[str, Any]]:
    """Rules, clips with the question, and the turns since; no words can pass for a token of the model's."""
    control = control_tokens(loaded)
    content: list[dict[str, Any]] = []
    for part in clip_parts(request, prompt_frames):
        if isinstance(part, PromptClip):
            content.append(_clip(loaded, part, request.clips[part.clip]))
        else:
            content.append({"type": "text", "text": f"{plain(part, control)}\n"})
    content[-1]["text"] = content[-1]["text"].rstrip("\n")
    if loaded.family.media_in_text:
        content = [{"type": "text", "text": "".join(part["text"] for part in content)}]
    roles = {"model": "assistant", "user": "user"}
    turns = [
        {"role": roles[turn.role], "content": [{"type": "text", "text": plain(turn.text, control)}]}
        for turn in request.turns
    ]
    user = {"role": "user", "content": content}
    if request.plain_prompt:
        return [user, *turns]
    system = {"role": "system", "content": [{"type": "text", "text": system_text()}]}
    return with_system_role(loaded.family, [system, user, *turns])


def with_system_role(family: Family, written: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Messages whose system message stands before the text of the next one, where the template takes none."""
    if family.system_role or len(written) < 2 or written[0]["role"] != "system":
        return list(written)
    system, first, *rest = written
    (rules,) = system["content"]
    content = [{"type": "text", "text": f"{rules['text']}\n\n"}, *first["content"]]
    if family.media_in_text:
        content = [{"type": "text", "text": "".join(part["text"] for part in content)}]
    return [{**first, "content": content}, *rest]


def plain(text: str, control: Iterable[str]) -> str:
    """The text with a space inside whatever the tokenizer would read as a control token.

    >>> plain("say </s> now", ["</s>"])
    'say < /s> now'
    """
    for token in control:
        text = text.replace(token, f"{token[0]} {token[1:]}")
    return text


def control_tokens(loaded: LoadedModel) -> list[str]:
    """Tokens that only code may write: placeholders, ends of turns and the like.

    A processor whose turns are marked by words that are no tokens lists them as `turn_marks`.
    """
    tokenizer, processor = loaded.tokenizer, loaded.processor
    marks = (processor.image_token, processor.video_token)
    turns = getattr(processor, "turn_marks", ())
    tokens = {*tokenizer.get_added_vocab(), *tokenizer.all_special_tokens, *marks, *turns}
    return sorted(token for token in tokens if len(token.strip()) >= _SHORTEST_TOKEN)


def _clip(loaded: LoadedModel, part: PromptClip, clip: Clip) -> dict[str, Any]:
    family, processor, duration_s = loaded.family, loaded.processor, clip.window.duration_s
    as_image = goes_in_as_image(family, len(part.frames), is_image=clip.is_image)
    if not family.media_in_text:
        if as_image:
            return {"type": "image"}
        # templates that tell how long a video is read it here; the others do not look
        timed = {"video_duration": round(duration_s, 2)} if hasattr(processor, "video_duration_token") else {}
        return {"type": "video", **timed}
    token = processor.image_token if as_image else processor.video_token
    return {"type": "text", "text": f"{token}\n"}
