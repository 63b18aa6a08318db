"""Real questions put to a chat model by several systems: a row for each question and system."""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from playhead import Library
from playhead_bench.evaluate.caching_proxy import CachingProxy
from playhead_bench.evaluate.json_lines import LineWriter, read_lines
from playhead_bench.evaluate.metrics.overlap import as_windows
from playhead_bench.evaluate.real_questions.answer_question import answer_record
from playhead_bench.evaluate.real_questions.chat_systems import (
    TRANSCRIPT,
    ChatProduct,
    ChatServer,
    ChatSystem,
    WholeTranscript,
)
from playhead_bench.evaluate.real_questions.data import RealQuestion
from playhead_bench.evaluate.real_questions.scoring import is_correct_window
from playhead_index.errors import ModelUnavailable

CHAT_ROWS = "chat.jsonl"
Say = Callable[[str], None]
Key = tuple[str, str]
"""Id of the question, name of the system."""


@dataclass(frozen=True, slots=True)
class ChatQuestion:
    """A question as it is put to the systems.

    Args:
        question: text, gold windows and video.
        video_id: of the library.
        is_absent: the video does not answer it; its gold windows count for nothing.
    """

    question: RealQuestion
    video_id: str
    is_absent: bool = False


@dataclass
class ChatRun:
    """The systems, the chat model, and what is left of the time.

    Args:
        folder: of the run; its rows are in `chat.jsonl`.
        proxy: in front of the model's server.
        server: the chat model.
        systems: in this order.
        say: called with a line of progress a question.
        deadline_s: of `clock`, after which no question is begun; None for no limit.
        clock: seconds, going up.
    """

    folder: Path
    proxy: CachingProxy
    server: ChatServer
    systems: Sequence[ChatSystem]
    say: Say
    deadline_s: float | None = None
    clock: Callable[[], float] = time.monotonic

    def answer(self, library: Library, questions: Sequence[ChatQuestion], num_total: int) -> bool:
        """Puts every question to every system, video by video, system by system; False when time ran out.

        Questions of one video follow each other in each system, so that the server reuses the prefix of the
        prompt. What has a row is left out.

        Args:
            library: holds the videos.
            questions: of this library.
            num_total: rows that the whole run will have, for the line of progress.

        Raises:
            ModelUnavailable: the server failed; that question gets no row, and the run can be gone on with.
        """
        product = ChatProduct(self.proxy, self.server, self.folder)
        done = {(row["id"], row["system"]) for row in read_lines(self.folder / CHAT_ROWS)}
        num_done, writer = len(done), LineWriter(self.folder / CHAT_ROWS)
        for one, system, baseline in self._order(library, questions):
            if (one.question.id, system.name) in done:
                continue
            if self.deadline_s is not None and self.clock() >= self.deadline_s:
                return False
            row = self._row(library, product, one, system, baseline)
            writer.write(row)
            num_done += 1
            self.say(f"{num_done}/{num_total} {progress_line(row)}")
        return True

    def _order(
        self, library: Library, questions: Sequence[ChatQuestion]
    ) -> Iterator[tuple[ChatQuestion, ChatSystem, WholeTranscript]]:
        names = library.speaker_names()
        for video_id in dict.fromkeys(one.video_id for one in questions):
            spans = library.catalog.spans(video_id, "speech")
            baseline = WholeTranscript(self.proxy, self.server, spans, names.get(video_id, {}))
            for system in self.systems:
                for one in questions:
                    if one.video_id == video_id:
                        yield one, system, baseline

    def _row(
        self,
        library: Library,
        product: ChatProduct,
        one: ChatQuestion,
        system: ChatSystem,
        baseline: WholeTranscript,
    ) -> dict[str, Any]:
        usage = self.proxy.start_usage()
        question = one.question
        if system.name == TRANSCRIPT:
            answer = baseline.answer(question.text, may_decline=one.is_absent).record()
        else:
            answer = answer_record(lambda: product.ask(library, one.video_id, question.text, system))
        if usage.failure:
            raise ModelUnavailable(
                f"the chat model failed at {question.id} ({usage.failure}); run the same command to go on"
            )
        return {
            "id": question.id,
            "system": system.name,
            "set": question.set_name,
            "video": question.video,
            "question": question.text,
            "gold": [[window.start_s, window.end_s] for window in question.gold],
            "duration_s": question.duration_s,
            "is_absent": one.is_absent,
            "ask": answer,
            "ended_by": ended_by(answer),
            "usage": asdict(usage) | {"seconds": round(usage.seconds, 3)},
        }


def ended_by(answer: Mapping[str, Any]) -> str:
    """`finish` or `abstain` where the model ended the run itself, else `code`.

    Args:
        answer: a record that `answers.answer_record` or `TranscriptReply.record` makes.
    """
    return answer["ended_by"] or "code"


def is_right(row: Mapping[str, Any]) -> bool:
    """The first window that was cited is correct; never for a question that the video does not answer."""
    cited = as_windows(row["ask"]["cited"])
    return bool(len(cited)) and not row["is_absent"] and is_correct_window(cited[0], as_windows(row["gold"]))


def progress_line(row: Mapping[str, Any]) -> str:
    """A line of progress."""
    ask, usage = row["ask"], row["usage"]
    mark = (
        "absent"
        if row["is_absent"]
        else "correct"
        if is_right(row)
        else "wrong"
        if ask["cited"]
        else "no window"
    )
    status = " ".join(filter(None, (ask["status"], ask["reason"])))
    cached = f" ({usage['cached_calls']} cached)" if usage["cached_calls"] else ""
    return (
        f"{row['system']} {row['id']}: {mark}, {status}, ended by {row['ended_by']}, {usage['calls']} "
        f"calls{cached}, {usage['prompt_tokens']:,} + {usage['completion_tokens']:,} tokens, "
        f"{usage['seconds']:.0f} s"
    )
