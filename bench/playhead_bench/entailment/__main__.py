"""`python -m playhead_bench.entailment --data DIR`: judges of entailment on 60 labelled claim pairs.

Without a chat model shared words are measured, with `--llm NAME --base-url URL` the chat model as judge. Its
verdicts are kept in `--cache`, so that a run that was stopped goes on. Shared words were tuned on the half
`tune`; `report` is the other half.
"""

import argparse
import json
from collections.abc import Sequence
from hashlib import blake2b
from pathlib import Path

from playhead_agent.limits import Limits, Meter
from playhead_agent.models.chat_model import LangChainChat
from playhead_agent.verification.judges import MAX_CLAIMS_A_CALL, ChatJudge
from playhead_bench.entailment.data import LabelledClaim, read_claims
from playhead_bench.entailment.scoring import JudgeScores, judge_scores
from playhead_bench.evaluate.json_lines import LineWriter, read_lines
from playhead_tools.entailment import EntailmentJudge, Support
from playhead_tools.lexical_entailment import LexicalJudge

LIMITS = Limits(model_calls=1_000, seconds=86_400.0, model_call_s=600.0)


def judge_claims(
    judge: EntailmentJudge, claims: Sequence[LabelledClaim], cache: Path | None
) -> list[Support | None]:
    """The verdict on each claim, in calls as the agent makes them; the claims of a pair never share one.

    Args:
        judge: what judges.
        claims: true and false in turn.
        cache: JSON lines of verdicts by the hash of a call; None to keep none.
    """
    known = {} if cache is None else {row["call"]: row["verdicts"] for row in read_lines(cache)}
    verdicts: dict[int, Support | None] = {}
    for call in calls_of(claims):
        pairs = [claims[at].evidence for at in call]
        key = blake2b(f"{judge.name} {pairs}".encode(), digest_size=12).hexdigest()
        if key not in known:
            known[key] = judge.judge(pairs)
            if cache is not None:
                LineWriter(cache).write({"call": key, "verdicts": known[key]})
        verdicts |= dict(zip(call, known[key], strict=True))
    return [verdicts[at] for at in range(len(claims))]


def calls_of(claims: Sequence[LabelledClaim]) -> list[list[int]]:
    """The claims by number in calls: of each pair first one, then, in other calls, the other one.

    Which one is first alternates, so that a call holds true and false claims.
    """
    first = [at for at in range(len(claims)) if (at // 2 + at) % 2 == 0]
    rest = [at for at in range(len(claims)) if at not in set(first)]
    return [
        part[at : at + MAX_CLAIMS_A_CALL]
        for part in (first, rest)
        for at in range(0, len(part), MAX_CLAIMS_A_CALL)
    ]


def line(name: str, scores: JudgeScores) -> str:
    """The scores of one judge for people."""
    return (
        f"{name}: {scores.num_claims} claims, right {scores.accuracy:.1%},"
        f" false kept {scores.false_accept_rate:.1%}, true lost {scores.false_reject_rate:.1%};"
        f" {json.dumps(scores.verdicts)};"
        f" false kept by kind {json.dumps(scores.num_false_accepts_by_kind)}"
    )


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the benchmark and prints a line for each judge; 0."""
    options = _parser().parse_args(arguments)
    claims = read_claims(options.data, options.half)
    print(line("shared words", judge_scores(claims, judge_claims(LexicalJudge(), claims, None))))
    if options.llm:
        from langchain.chat_models import init_chat_model

        model = init_chat_model(
            options.llm, base_url=options.base_url, api_key=options.api_key, temperature=0
        )
        judge = ChatJudge(LangChainChat(model, name=options.llm), Meter(LIMITS))
        print(line(judge.name, judge_scores(claims, judge_claims(judge, claims, options.cache))))
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m playhead_bench.entailment", description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder of the subtitles and of QMSum")
    parser.add_argument("--half", choices=("tune", "report", "all"), default="all")
    parser.add_argument("--llm", default="", help="a chat model as LangChain names it, such as openai:gpt-5")
    parser.add_argument("--base-url", help="of an OpenAI-compatible server")
    parser.add_argument("--api-key", default="none", help="of that server, where it needs one")
    parser.add_argument("--cache", type=Path, help="file in which the verdicts of the chat model are kept")
    return parser


if __name__ == "__main__":
    raise SystemExit(main())
