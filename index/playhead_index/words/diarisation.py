"""Speaker diarisation: who speaks when in a recording, from its sound alone.

Voice activity is cut into overlapping windows, a speaker encoder gives each a vector, agglomerative
clustering with average linkage joins the vectors of one voice, and a hidden Markov model over the vectors'
similarity to the clusters draws the borders between turns (as in Park et al., 2022, "A review of speaker
diarization", arXiv:2101.09624). Overlapping speech is given to one voice.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import groupby
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from playhead_index.embed.protocol import ModelTag
from playhead_index.embed.voice_encoder import SpeakerEncoder
from playhead_index.window import Window
from playhead_index.words.voice_activity import CHUNK_S, RATE_HZ, Chunk, cut_chunks

Vectors = NDArray[np.float32]

MIN_JOINED_SHARE, BLOCK_STEP = 0.1, 0.05
"""Where a pass over blocks joins less than this share of the clusters, the next takes a lower threshold."""


@dataclass(frozen=True, slots=True)
class VoiceTurn:
    """An interval in which one speaker speaks; pauses shorter than `max_pause_s` are part of it.

    Args:
        window: seconds on the clock of the recording.
        label: "1", "2", ... in order of first appearance.
    """

    window: Window
    label: str


@dataclass(frozen=True, slots=True)
class Diarisation:
    """Who speaks when.

    Args:
        turns: in time order.
        voices: (D,) float32 unit vector by label: the mean embedding of the voice; empty for a diariser that
            has no embeddings.
    """

    turns: tuple[VoiceTurn, ...] = ()
    voices: Mapping[str, Vectors] = field(default_factory=dict)

    @property
    def num_speakers(self) -> int:
        """How many different speakers there are."""
        return len({turn.label for turn in self.turns})


@dataclass(frozen=True, slots=True)
class SoundPart:
    """A part of a recording without a gap.

    Args:
        start_s: where it begins, on the clock of the recording.
        pieces: (n,) float32 mono at 16 kHz, one behind the other.
    """

    start_s: float
    pieces: Iterable[NDArray[np.float32]]


class Diariser(Protocol):
    """Finds who speaks when; the same sound gives the same turns."""

    tag: ModelTag

    def diarise(self, parts: Iterable[SoundPart], num_speakers: int | None = None) -> Diarisation:
        """The turns of a recording, read once from start to end.

        Args:
            parts: its sound.
            num_speakers: how many speakers there are; None to find it out.

        Raises:
            ModelUnavailable: no voice detector is installed.
            ModelError: the model failed.
            ValueError: `num_speakers` is below 1, or more than the model can tell apart.
        """
        ...


@dataclass(frozen=True, slots=True)
class DiarisationSettings:
    """Constants of `ClusteringDiariser`, measured with the GE2E encoder.

    Tuned on 20 dialogues of two to six voices, mixed from LibriSpeech test-other with seeds 100 to 119
    (`python -m playhead_bench.diarisation`).

    Args:
        hop_s: from the start of one window to the next.
        threshold: cosine similarity under which two clusters are not joined; 0.60 to 0.64 found the number
            of speakers in 20 of 20 dialogues, 0.56 in 8, 0.70 in 11.
        min_windows: a cluster of fewer windows is no speaker but windows in which two speak; 4 found the
            number in 20 of 20, 3 in 19, 5 in 17.
        min_fraction: a cluster with a smaller part of all windows is no speaker either: over hours such
            windows become many.
        similarity_scale: log-likelihood ratio that a difference of 1 in similarity stands for, each `step_s`.
        switch_penalty: log-likelihood ratio that a change of speaker costs.
        num_passes: how often borders are drawn, each time with the mean voices of the turns before.
        step_s: grid on which borders are drawn.
        max_pause_s: a shorter pause between two turns of one speaker is part of one turn.
        max_clustered: clusters that are compared with each other at once. Of longer recordings windows that
            follow each other are first joined in blocks.
        block_threshold: similarity from which windows of one block are joined.
    """

    hop_s: float = 0.8
    threshold: float = 0.62
    min_windows: int = 4
    min_fraction: float = 0.005
    similarity_scale: float = 1.0
    switch_penalty: float = 0.5
    num_passes: int = 2
    step_s: float = 0.1
    max_pause_s: float = 0.5
    max_clustered: int = 1000
    block_threshold: float = 0.75


@dataclass(frozen=True, slots=True)
class EmbeddedSpeech:
    """The windows of one interval of speech and their vectors.

    Args:
        window: the interval, on the clock of the recording.
        middles_s: (k,) float64: the middle of each window.
        vectors: (k, D) float32 rows of length 1.
    """

    window: Window
    middles_s: NDArray[np.float64]
    vectors: Vectors


class ClusteringDiariser:
    """A `Diariser` over a speaker encoder; memory grows with the speech by about 5 MB an hour.

    Args:
        encoder: gives the vectors of the windows.
        settings: constants; the default ones are measured with `ge2e:`.
        chunk_s: the longest sound, in seconds, that is held at once.
    """

    def __init__(
        self,
        encoder: SpeakerEncoder,
        settings: DiarisationSettings | None = None,
        *,
        chunk_s: float = CHUNK_S,
    ) -> None:
        self.tag = encoder.tag
        self.settings = settings or DiarisationSettings()
        self._encoder = encoder
        self._chunk_s = chunk_s

    def diarise(self, parts: Iterable[SoundPart], num_speakers: int | None = None) -> Diarisation:
        """See `Diariser`."""
        _require_number(num_speakers)
        embedded = [
            speech
            for part in parts
            for chunk in cut_chunks(part.pieces, self._chunk_s)
            for speech in self._embedded(chunk, part.start_s)
        ]
        return assign_speakers(embedded, num_speakers, self.settings)

    def _embedded(self, chunk: Chunk, start_s: float) -> Iterator[EmbeddedSpeech]:
        for speech in chunk.speech:
            windows = sliding_windows(speech, self._encoder.window_s, self.settings.hop_s)
            vectors = self._encoder.encode(chunk.sound, windows, RATE_HZ)
            later_s = chunk.from_s + start_s
            middles_s = np.array([(window.start_s + window.end_s) / 2 for window in windows]) + later_s
            yield EmbeddedSpeech(speech.shifted(later_s), middles_s, vectors)


def sliding_windows(speech: Window, size_s: float, hop_s: float) -> list[Window]:
    """Windows of one size that cover an interval of speech; the last one ends with it.

    >>> sliding_windows(Window(0.0, 3.0), size_s=1.5, hop_s=1.0)
    [Window(start_s=0.0, end_s=1.5), Window(start_s=1.0, end_s=2.5), Window(start_s=1.5, end_s=3.0)]
    >>> sliding_windows(Window(0.0, 1.0), size_s=1.5, hop_s=1.0)
    [Window(start_s=0.0, end_s=1.0)]
    """
    if speech.duration_s <= size_s:
        return [speech]
    last_s = speech.end_s - size_s
    starts_s = [*np.arange(speech.start_s, last_s - hop_s / 4, hop_s).tolist(), last_s]
    return [Window(start_s, start_s + size_s) for start_s in starts_s]


def assign_speakers(
    embedded: Sequence[EmbeddedSpeech], num_speakers: int | None, settings: DiarisationSettings
) -> Diarisation:
    """Turns of embedded speech.

    Args:
        embedded: in time order.
        num_speakers: None to find it out.
        settings: constants.
    """
    if not embedded:
        return Diarisation()
    vectors = np.concatenate([speech.vectors for speech in embedded])
    means = speaker_means(vectors, num_speakers, settings)
    for _ in range(settings.num_passes - 1):
        means = _means_of(vectors, _window_labels(embedded, means, settings), means)
    turns = join_turns(_turns_of_paths(embedded, means, settings), settings.max_pause_s)
    order = list(dict.fromkeys(turn.label for turn in turns))
    labels = {found: str(number) for number, found in enumerate(order, 1)}
    return Diarisation(
        tuple(replace(turn, label=labels[turn.label]) for turn in turns),
        {labels[found]: means[int(found)] for found in order},
    )


def speaker_means(vectors: Vectors, num_speakers: int | None, settings: DiarisationSettings) -> Vectors:
    """(k, D) float32 unit vectors: the mean voice of each speaker, found by clustering.

    Args:
        vectors: (n, D) float32 rows of length 1, at least one, in time order.
        num_speakers: k, if it is known; fewer where there are fewer windows.
        settings: constants.
    """
    sums, counts = _cluster_in_blocks(vectors, settings)
    merges = average_linkage(sums, counts)
    min_windows = max(settings.min_windows, round(settings.min_fraction * len(vectors)))
    num_merges = sum(1 for _ in _while_similar(merges, settings.threshold))
    if num_speakers is not None:
        num_merges = _num_merges_for(merges, counts, num_merges, num_speakers, min_windows)
    labels = _labels_after(merges[:num_merges], len(sums))
    sizes = np.bincount(labels, weights=counts)
    by_size = np.argsort(-sizes, kind="stable")
    num_clusters = num_speakers or max(1, int((sizes >= min_windows).sum()))
    means = np.stack([sums[labels == found].sum(axis=0) for found in by_size[:num_clusters]])
    return _unit(means)


@dataclass(frozen=True, slots=True)
class Merge:
    """One step of clustering: cluster `second` is joined to `first`, both named by their first row."""

    first: int
    second: int
    similarity: float


def average_linkage(sums: Vectors, counts: NDArray[np.int64]) -> list[Merge]:
    """All steps of agglomerative clustering with average linkage on cosine similarity (UPGMA).

    The mean similarity of the windows of two clusters is the dot product of their mean vectors. Takes O(n²)
    memory and, but for rare cases, time.

    Args:
        sums: (n, D) float32: the sum of the unit vectors in each cluster.
        counts: (n,) windows in each.

    Returns:
        n - 1 merges. Similarity falls from one to the next, but for rounding.
    """
    n = len(sums)
    means = sums.astype(np.float64) / counts[:, None]
    sizes = counts.astype(np.float64)
    similarity = means @ means.T
    np.fill_diagonal(similarity, -np.inf)
    nearest = similarity.argmax(axis=1)
    best = similarity[np.arange(n), nearest]
    merges = []
    for _ in range(n - 1):
        first, second = sorted((int(best.argmax()), int(nearest[best.argmax()])))
        merges.append(Merge(first, second, float(best[first])))
        share = sizes[first] / (sizes[first] + sizes[second])
        row = share * similarity[first] + (1 - share) * similarity[second]
        row[[first, second]] = -np.inf
        sizes[first] += sizes[second]
        similarity[first], similarity[:, first] = row, row
        similarity[second], similarity[:, second] = -np.inf, -np.inf
        best[second] = -np.inf
        stale = np.flatnonzero((nearest == first) | (nearest == second))
        stale = np.union1d(stale[np.isfinite(best[stale])], [first])
        nearest[stale] = similarity[stale].argmax(axis=1)
        best[stale] = similarity[stale, nearest[stale]]
        closer = np.flatnonzero(row > best)
        nearest[closer], best[closer] = first, row[closer]
    return merges


def _while_similar(merges: Sequence[Merge], threshold: float) -> Iterator[Merge]:
    for merge in merges:
        if merge.similarity < threshold:
            return
        yield merge


def _num_merges_for(
    merges: Sequence[Merge], counts: NDArray[np.int64], start: int, num_speakers: int, min_windows: int
) -> int:
    """The number of merges, as near as possible to `start`, that leave `num_speakers` speakers.

    Where no cut gives as many clusters of `min_windows`, smaller clusters count too.
    """
    for smallest in range(min_windows, 0, -1):
        numbers = _num_large(merges, counts, smallest)
        fitting = [cut for cut, number in enumerate(numbers) if number == num_speakers]
        if fitting:
            return min(fitting, key=lambda cut: abs(cut - start))
    return max(0, len(counts) - num_speakers)


def _num_large(merges: Sequence[Merge], counts: NDArray[np.int64], smallest: int) -> list[int]:
    """How many clusters have at least `smallest` windows, before the first merge and after each."""
    sizes = counts.copy()
    numbers = [int((sizes >= smallest).sum())]
    for merge in merges:
        before = int(sizes[merge.first] >= smallest) + int(sizes[merge.second] >= smallest)
        sizes[merge.first] += sizes[merge.second]
        numbers.append(numbers[-1] - before + int(sizes[merge.first] >= smallest))
    return numbers


def _labels_after(merges: Sequence[Merge], n: int) -> NDArray[np.int64]:
    """(n,) cluster of each row, numbered from 0 in order of their first rows."""
    parents = np.arange(n)
    for merge in merges:
        parents[merge.second] = merge.first
    for row in range(n):
        parents[row] = parents[parents[row]]  # a parent stands before its children
    return np.asarray(np.unique(parents, return_inverse=True)[1], np.int64)


def _cluster_in_blocks(vectors: Vectors, settings: DiarisationSettings) -> tuple[Vectors, NDArray[np.int64]]:
    """(sums, counts) of at most `max_clustered` clusters: single windows, or joined ones of long recordings.

    Blocks of clusters that follow each other are clustered on their own until few enough are left.
    """
    sums, counts = vectors, np.ones(len(vectors), np.int64)
    threshold = settings.block_threshold
    while len(sums) > settings.max_clustered:
        blocks = []
        for start in range(0, len(sums), settings.max_clustered // 2):
            own = slice(start, start + settings.max_clustered // 2)
            merges = list(_while_similar(average_linkage(sums[own], counts[own]), threshold))
            labels = _labels_after(merges, len(sums[own]))
            blocks.append((_summed(sums[own], labels), _summed(counts[own], labels)))
        joined = np.concatenate([one for one, _ in blocks])
        if len(joined) > (1 - MIN_JOINED_SHARE) * len(sums):
            threshold -= BLOCK_STEP
        sums, counts = joined, np.concatenate([one for _, one in blocks])
    return sums, counts


def _summed(rows: NDArray[np.generic], labels: NDArray[np.int64]) -> NDArray[np.generic]:
    total = np.zeros((int(labels.max()) + 1, *rows.shape[1:]), rows.dtype)
    np.add.at(total, labels, rows)
    return total


def _window_labels(
    embedded: Sequence[EmbeddedSpeech], means: Vectors, settings: DiarisationSettings
) -> NDArray[np.int64]:
    """(n,) speaker of each window: the one at its middle."""
    found = []
    for speech, (times_s, path) in zip(embedded, _paths(embedded, means, settings), strict=True):
        nearest = np.abs(speech.middles_s[:, None] - times_s[None]).argmin(axis=1)
        found.append(path[nearest])
    return np.concatenate(found)


def _means_of(vectors: Vectors, labels: NDArray[np.int64], before: Vectors) -> Vectors:
    means = before.copy()
    for label in np.unique(labels):
        means[label] = vectors[labels == label].mean(axis=0)
    return _unit(means)


def _turns_of_paths(
    embedded: Sequence[EmbeddedSpeech], means: Vectors, settings: DiarisationSettings
) -> Iterator[VoiceTurn]:
    """Turns that end with the intervals of speech; labels are row numbers of `means`."""
    for speech, (times_s, path) in zip(embedded, _paths(embedded, means, settings), strict=True):
        start_s = speech.window.start_s
        for label, own in groupby(range(len(path)), key=lambda step: int(path[step])):
            last = list(own)[-1]
            is_end = last == len(path) - 1
            end_s = speech.window.end_s if is_end else float(times_s[last] + times_s[last + 1]) / 2
            yield VoiceTurn(Window(start_s, end_s), str(label))
            start_s = end_s


def _paths(
    embedded: Sequence[EmbeddedSpeech], means: Vectors, settings: DiarisationSettings
) -> list[tuple[NDArray[np.float64], NDArray[np.int64]]]:
    """(times, speaker at each) by interval: the best path over all intervals on a grid of `step_s`.

    Between the middles of two windows similarity is interpolated.
    """
    times, scores = [], []
    for speech in embedded:
        num_steps = max(1, round(speech.window.duration_s / settings.step_s))
        times_s = speech.window.start_s + (np.arange(num_steps) + 0.5) * speech.window.duration_s / num_steps
        similarity = speech.vectors @ means.T
        columns = [np.interp(times_s, speech.middles_s, own) for own in similarity.T]
        times.append(times_s)
        scores.append(np.stack(columns, axis=1) * settings.similarity_scale)
    path = best_path(np.concatenate(scores), settings.switch_penalty)
    ends = np.cumsum([len(times_s) for times_s in times])[:-1]
    return list(zip(times, np.split(path, ends), strict=True))


def best_path(scores: NDArray[np.float64], switch_penalty: float) -> NDArray[np.int64]:
    """The path of largest score, where each change of state costs the same (Viterbi's algorithm).

    Args:
        scores: (T, K) of each state at each step.
        switch_penalty: cost of a change.

    Returns:
        (T,) states.

    >>> best_path(np.array([[1.0, 0.0], [0.4, 0.5], [1.0, 0.0]]), switch_penalty=0.3)
    array([0, 0, 0])
    """
    num_steps, num_states = scores.shape
    came_from = np.zeros((num_steps, num_states), np.int32)
    total = scores[0].astype(np.float64)
    stay = np.arange(num_states)
    for step in range(1, num_steps):
        best = int(total.argmax())
        is_switch = total[best] - switch_penalty > total
        came_from[step] = np.where(is_switch, best, stay)
        total = np.where(is_switch, total[best] - switch_penalty, total) + scores[step]
    path = np.zeros(num_steps, np.int64)
    path[-1] = int(total.argmax())
    for step in range(num_steps - 1, 0, -1):
        path[step - 1] = came_from[step, path[step]]
    return path


def join_turns(turns: Iterable[VoiceTurn], max_pause_s: float) -> list[VoiceTurn]:
    """Turns of which those of one speaker that follow each other after a short pause are one."""
    joined: list[VoiceTurn] = []
    for turn in turns:
        last = joined[-1] if joined else None
        is_same = last is not None and last.label == turn.label
        if last is not None and is_same and turn.window.start_s - last.window.end_s <= max_pause_s:
            joined[-1] = VoiceTurn(last.window.hull(turn.window), turn.label)
        else:
            joined.append(turn)
    return joined


def _require_number(num_speakers: int | None) -> None:
    if num_speakers is not None and num_speakers < 1:
        raise ValueError(f"num_speakers must be at least 1, got {num_speakers}")


def _unit(rows: Vectors) -> Vectors:
    return np.asarray(rows / np.linalg.norm(rows, axis=1, keepdims=True), np.float32)
