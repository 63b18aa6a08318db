"""A request for an observation of a video-LLM, as a row of a run's state."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

from playhead_index.window import Window
from playhead_tools.video_llm.client import Observation, VlmClient
from playhead_tools.video_llm.frame_sampling import ClipRequest, strip_clip


@dataclass(frozen=True, slots=True)
class ObservationRequest:
    """One call of a video-LLM that a procedure needs.

    Args:
        video_id: in which video.
        window: the clip, in seconds.
        question: about the clip.
        options: of a multiple choice.
        yes_no: ask for the probability of Yes.
        frames: maximum number of successive frames; 0 for the default of the client.
        times_s: times of chosen frames, in seconds; empty for successive frames over the window.
        strip: stretch of which a strip is shown before chosen frames; None for none.
        strip_frames: number of frames of the strip.
    """

    video_id: str
    window: Window
    question: str
    options: tuple[str, ...] = ()
    yes_no: bool = False
    frames: int = 0
    times_s: tuple[float, ...] = ()
    strip: Window | None = None
    strip_frames: int = 0

    @property
    def key(self) -> str:
        """A string that identifies the request: equal for equal requests."""
        return json.dumps(self.to_json(), sort_keys=True)

    def num_frames(self, vlm_client: VlmClient) -> int:
        """The maximum number of frames that the model is given."""
        return self.strip_frames + (len(self.times_s) or self.frames or vlm_client.frames)

    def run(self, vlm_client: VlmClient) -> Observation:
        """The observation; errors are those of `VlmClient`. Chosen frames are given without the options."""
        if self.times_s:
            strip = None if self.strip is None else strip_clip(self.video_id, self.strip, self.strip_frames)
            clip = ClipRequest(self.video_id, self.times_s, self.window, strip=strip)
            return vlm_client.observe_frames(clip, self.question, yes_no=self.yes_no)
        return vlm_client.observe(
            self.video_id, self.window, self.question, options=self.options, yes_no=self.yes_no,
            frames=self.frames or None,
        )  # fmt: skip

    def to_json(self) -> dict[str, Any]:
        """Plain JSON types."""
        return {
            "video_id": self.video_id,
            "window": [self.window.start_s, self.window.end_s],
            "question": self.question,
            "options": list(self.options),
            "yes_no": self.yes_no,
            "frames": self.frames,
            "times_s": list(self.times_s),
            **self._strip_to_json(),
        }

    def _strip_to_json(self) -> dict[str, Any]:
        """Nothing without a strip: keys of earlier runs stay what they were."""
        if self.strip is None:
            return {}
        return {"strip": [self.strip.start_s, self.strip.end_s], "strip_frames": self.strip_frames}

    @classmethod
    def from_json(cls, record: Mapping[str, Any]) -> Self:
        """The request that `to_json` wrote, also that of an earlier version, which had fewer fields."""
        lists = {name: tuple(record.get(name, ())) for name in ("options", "times_s")}
        strip = {"strip": Window(*record["strip"])} if record.get("strip") else {}
        return cls(**{**record, **lists, **strip, "window": Window(*record["window"])})


def observation_row(request: ObservationRequest, observation: Observation) -> dict[str, Any]:
    """A request and what came of it in plain JSON types."""
    return {
        "request": request.to_json(),
        "text": observation.text,
        "shown": [observation.window.start_s, observation.window.end_s],
        "times_s": [round(time_s, 3) for time_s in observation.times_s],
        "p_yes": observation.p_yes,
        "tokens": observation.visual_tokens,
        "refused": observation.refused,
        "cited_s": [round(time_s, 3) for time_s in observation.cited_s],
    }


def observation_of_row(row: Mapping[str, Any]) -> tuple[ObservationRequest, Observation]:
    """What `observation_row` wrote; its cost was counted when the observation was made."""
    request = ObservationRequest.from_json(row["request"])
    observation = Observation(
        request.video_id, Window(*row["shown"]), request.question, row["text"], tuple(row["times_s"]),
        row["p_yes"], refused=row.get("refused"), cited_s=tuple(row.get("cited_s", ())),
    )  # fmt: skip
    return request, observation
