"""A video with known events, a search that finds its scenes by name, and a VLM client without errors."""

import re
from dataclasses import dataclass, field
from pathlib import Path

from tests.tools.made_library import LECTURE

from playhead_agent.state import Context
from playhead_bench.synthetic_planner import RULES
from playhead_index.errors import ModelUnavailable
from playhead_index.search.results import Coverage, Hit, LaneCoverage, Moment, Query, SearchResult
from playhead_index.store.catalog import Catalog
from playhead_index.window import Window
from playhead_tools.video_llm.client import Observation

SCENES: list[tuple[str, Window, dict[str, list[tuple[str, str, Window]]]]] = [
    ("on a beach", Window(0, 8), {"red car": [("jumps", "", Window(2, 4))], "blue cup": []}),
    ("in a hall", Window(10, 18), {"green star": [("spins", "", Window(12, 14))]}),
    ("in a park", Window(20, 28), {"blue cup": [("carries", "red car", Window(22, 25))], "red car": []}),
    ("on a table", Window(30, 38), {"red car": [("jumps", "", Window(33, 35))]}),
    ("in a forest", Window(40, 60), {"pink fish": [("jumps", "", Window(44, 46))]}),
]
"""Place, window, and what each thing of the scene does."""
_HAPPENS = re.compile(r"Does it happen that the (\w+ \w+) (.+)\?")
_THERE = re.compile(r"Is there a (\w+ \w+|\w+)\?")
_COLOUR = re.compile(r"What colour is the (\w+)\?")
_WHO = re.compile(r"(?:What|Which thing) (.+)\?")
_DOES = re.compile(r"What does the (\w+ \w+) do\?")


class TruthFinder:
    """Finds the scenes whose things a text names, in time order; any scene for a text that names none."""

    def search(self, query: Query) -> SearchResult:
        """Moments of the picture lane."""
        words = set(re.findall(r"\w+", (query.text or "").lower()))
        ranked = sorted(SCENES, key=lambda scene: -max(len(words & set(n.split())) for n in scene[2]))
        moments = [_moment(window, i) for i, (_, window, _) in enumerate(ranked)]
        lanes = (LaneCoverage("picture", True, 60),)
        return SearchResult(query, moments[: query.limit], Coverage(1, 10, 300.0, lanes, ()), 0.0)


def _moment(window: Window, number: int) -> Moment:
    hit = Hit("picture", "vector", LECTURE, window, 1.0, 1, f"frame:{number}")
    return Moment(LECTURE, Path("lecture.mp4"), window, 1.0, (hit,))


@dataclass
class TruthfulVlmClient:
    """Answers what the truth says; keeps what it was asked.

    Args:
        frames: shown at a time.
        plain_prompt: it wants the bare question.
        away: it cannot be reached.
        names: it can say who does something.
    """

    frames: int = 8
    plain_prompt: bool = True
    away: bool = False
    names: bool = True
    requests: list[tuple[Window, str]] = field(default_factory=list)

    def observe(
        self,
        video_id: str,
        window: Window,
        question: str,
        *,
        options: tuple[str, ...] = (),
        yes_no: bool = False,
        frames: int | None = None,
    ) -> Observation:
        """An observation without frames."""
        if self.away:
            raise ModelUnavailable("the server is away")
        self.requests.append((window, question))
        text = self._reply(window, question)
        p_yes = {"yes": 0.95, "no": 0.05}.get(text) if yes_no else None
        return Observation(video_id, window, question, text, (window.start_s,), p_yes, 8, 180, 0.0)

    def _reply(self, window: Window, question: str) -> str:
        shown = [(place, things) for place, at, things in SCENES if at.overlap_s(window) > 0]
        visible_actions = {name: actions for _, things in shown for name, actions in things.items()}
        if found := _HAPPENS.match(question):
            name, rest = found.groups()
            is_seen = any(
                _phrase(action) == rest and action[2].overlap_s(window) > 0
                for action in visible_actions.get(name, [])
            )
            return "yes" if is_seen else "no"
        if found := _THERE.match(question):
            return "yes" if any(found[1] in (name, name.split()[1]) for name in visible_actions) else "no"
        if found := _COLOUR.match(question):
            return next(
                (name.split()[0] for name in visible_actions if name.split()[1] == found[1]), "not visible"
            )
        if found := _DOES.match(question):
            return self._doing(visible_actions, found[1], window)
        if self.names and (found := _WHO.match(question)):
            return self._subject(visible_actions, found[1], window)
        if question.startswith(("Where", "In what place", "Which place")):
            return shown[0][0] if shown else "not visible"
        return "not visible"

    def _subject(
        self, visible_actions: dict[str, list[tuple[str, str, Window]]], action: str, window: Window
    ) -> str:
        for name, actions in visible_actions.items():
            if any(_phrase(one) == action and one[2].overlap_s(window) > 0 for one in actions):
                return f"the {name}"
        return "not visible"

    def _doing(
        self, visible_actions: dict[str, list[tuple[str, str, Window]]], name: str, window: Window
    ) -> str:
        if name not in visible_actions:
            return "not visible"
        open_question = [
            _phrase(action) for action in visible_actions[name] if action[2].overlap_s(window) > 0
        ]
        return f"it {open_question[0]}" if open_question else "it stands still"


def _phrase(action: tuple[str, str, Window]) -> str:
    return f"{action[0]} the {action[1]}" if action[1] else action[0]


def truthful(catalog: Catalog, **more: object) -> tuple[Context, TruthfulVlmClient]:
    """A run context with ground truth, and its VLM client."""
    vlm_client = TruthfulVlmClient()
    return Context(
        TruthFinder(), catalog, open_vlm_client=lambda: vlm_client, **{"rules": RULES, **more}
    ), vlm_client  # type: ignore[arg-type]
