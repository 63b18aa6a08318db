"""What a model call took: frames, tokens, seconds, money."""

from dataclasses import dataclass, fields, replace
from typing import Any


@dataclass(frozen=True, slots=True)
class Report:
    """What one call took, or several when a reply had to be repaired; None where it is not known.

    Args:
        model: which model, for people.
        frames_given: frames in the clips of the call.
        frames_shown: frames that the model saw.
        visual_tokens_given: tokens that all given frames would have become.
        visual_tokens_kept: tokens that went into the language model.
        prompt_tokens: all tokens of the prompt, visual ones among them.
        new_tokens: tokens that were generated.
        encode_s: seconds in the vision encoder; near 0 when its features were cached.
        prefill_s: seconds until the first generated token, `encode_s` left out where that is known.
        decode_s: seconds from the first generated token to the last.
        total_s: wall clock of the call, waiting and retries counted.
        cost: in the currency of the user's price table.
        calls: model calls that gave a reply.
        retries: calls that failed and were made again.
        notes: what a person should know of how it came about.
        reused_tokens: tokens of the prompt that an earlier call had computed already.
    """

    model: str
    frames_given: int
    frames_shown: int
    total_s: float
    visual_tokens_given: int | None = None
    visual_tokens_kept: int | None = None
    prompt_tokens: int | None = None
    new_tokens: int | None = None
    encode_s: float | None = None
    prefill_s: float | None = None
    decode_s: float | None = None
    cost: float | None = None
    calls: int = 1
    retries: int = 0
    notes: tuple[str, ...] = ()
    reused_tokens: int | None = None

    @property
    def keep_ratio(self) -> float | None:
        """Visual tokens kept / given; None where either is unknown."""
        if not self.visual_tokens_given or self.visual_tokens_kept is None:
            return None
        return self.visual_tokens_kept / self.visual_tokens_given

    def with_note(self, note: str) -> "Report":
        """The same with one more note."""
        return replace(self, notes=(*self.notes, note))

    def plus(self, other: "Report") -> "Report":
        """Both calls as one: amounts added (unknown when one of them is), notes joined without doubles.

        >>> Report("m", 8, 4, 1.5, new_tokens=3).plus(Report("m", 8, 4, 0.5, new_tokens=2)).new_tokens
        5
        """
        values = {
            field.name: (getattr(self, field.name), getattr(other, field.name)) for field in fields(self)
        }
        not_added = {"model", "notes"}
        added: dict[str, Any] = {
            name: None if a is None or b is None else a + b
            for name, (a, b) in values.items()
            if name not in not_added
        }
        notes = tuple(dict.fromkeys((*self.notes, *other.notes)))
        return Report(model=self.model, notes=notes, **added)
