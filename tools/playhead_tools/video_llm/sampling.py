"""Sampling of tokens by transformers, where a call is not to be decoded greedily."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from playhead_index.embed.runtime import torch
from playhead_tools.video_llm.protocol import Sampling, VlmRequest


def common_sampling(requests: Sequence[VlmRequest]) -> Sampling | None:
    """How the calls of a batch are sampled, with the seed of the first; None for greedy decoding.

    Raises:
        ValueError: they are not all greedy, or not of one temperature and `top_p`.
    """
    ways = {None if r.sampling is None else (r.sampling.temperature, r.sampling.top_p) for r in requests}
    if len(ways) > 1:
        raise ValueError(f"the calls of one batch must be sampled alike, got {len(ways)} ways: {ways}")
    return requests[0].sampling


def set_sampling(config: Any, sampling: Sampling | None) -> None:
    """Makes a greedy `GenerationConfig` sample; leaves it as it is for None."""
    if sampling is not None:
        config.update(do_sample=True, temperature=sampling.temperature, top_p=sampling.top_p, top_k=0)


@contextmanager
def seeded(sampling: Sampling | None, device: str) -> Iterator[None]:
    """Inside, random numbers are those of the seed; afterwards those of the process go on.

    Args:
        sampling: None where nothing is sampled.
        device: that tokens are generated on.
    """
    if sampling is None:
        yield
        return
    with torch().random.fork_rng(devices=[device] if device.startswith("cuda") else []):
        torch().manual_seed(sampling.seed)
        yield
