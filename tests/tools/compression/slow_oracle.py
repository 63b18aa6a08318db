"""The formulas of the papers as loops over plain numbers, written apart from the product."""

import math
from collections.abc import Sequence
from itertools import combinations

import numpy as np

Frames = np.ndarray  # (N, T, D)


def dot(a: Sequence[float], b: Sequence[float]) -> float:
    return sum(float(x) * float(y) for x, y in zip(a, b, strict=True))


def cosine(a: Sequence[float], b: Sequence[float]) -> float:
    return dot(a, b) / math.sqrt(dot(a, a) * dot(b, b))


def pruned_frames(features: Frames, window: int, threshold: float) -> list[int]:
    kept = []
    for first in range(0, len(features), window):
        part = [frame.ravel() for frame in features[first : first + window]]
        for i, frame in enumerate(part):
            mean = sum(cosine(frame, other) for other in part) / len(part)
            if i == len(part) // 2 or mean < threshold:
                kept.append(first + i)
    return kept


def longvu_pruned(features: Frames, room: int, threshold: float) -> list[int]:
    if len(features) < room:
        return list(range(len(features)))
    kept = pruned_frames(features, 16, threshold)
    if len(features) >= 16 and len(kept) > 400:
        kept = [kept[int(i * (len(kept) / 400.0))] for i in range(400)]
    return kept


def stc_windows(tokens: Frames, window: int, threshold: float) -> list[list[tuple[int, int]]]:
    windows = []
    for first in range(0, len(tokens), window):
        part = [(first, place) for place in range(tokens.shape[1])]
        for frame in range(first + 1, min(first + window, len(tokens))):
            part += [
                (frame, place)
                for place in range(tokens.shape[1])
                if cosine(tokens[frame, place], tokens[first, place]) < threshold
            ]
        windows.append(part)
    return windows


def longvu_stc(tokens: Frames, budget: int, window: int, threshold: float) -> list[tuple[int, int]]:
    if tokens.shape[0] * tokens.shape[1] <= budget:
        return [(f, p) for f in range(tokens.shape[0]) for p in range(tokens.shape[1])]
    windows = stc_windows(tokens, window, threshold)
    total = sum(len(part) for part in windows)
    if total > budget:
        cut = math.ceil((total - budget) / len(windows))
        windows = [part[: max(0, len(part) - cut)] for part in windows]
    return [token for part in windows for token in part][:budget]


def longvu_mixed(
    high: Frames, low: Frames, words: np.ndarray, budget: int, threshold: float
) -> list[tuple[str, int, int]]:
    """(grid, frame, place) of every token in time order, as LongVU's released code splices them."""
    many, fine, coarse = len(high), high.shape[1], low.shape[1]
    room = budget - 1
    mixes = max(1, room // 144) <= many <= max(1, room // 64)
    if not mixes:
        return [("high", f, p) for f, p in longvu_stc(high, budget, 8, threshold)]
    extra = math.floor((budget - many * coarse) / (fine - coarse)) if budget > many * coarse else 0
    if extra < 1:
        return [("low", f, p) for f, p in longvu_stc(low, budget, 8, threshold)]
    scores = [np.mean([dot(token, word) for token in frame for word in words]) for frame in low]
    chosen = sorted(range(many), key=lambda f: -scores[f])[: min(extra, many)]
    return [
        ("high" if f in chosen else "low", f, p)
        for f in range(many)
        for p in range(fine if f in chosen else coarse)
    ]


def bolt(scores: Sequence[float], k: int) -> list[int]:
    """Where the running sum of stretched scores passes the middle of each of k equal steps."""
    stretched = [(s - min(scores)) / (max(scores) - min(scores)) for s in scores]
    picks = []
    for step in range(k):
        passed, at = 0.0, 0
        while passed + stretched[at] / sum(stretched) <= (step + 0.5) / k:
            passed += stretched[at] / sum(stretched)
            at += 1
        picks.append(at)
    return picks


def greedy_dpp(relevance: Sequence[float], vectors: np.ndarray, k: int) -> list[int]:
    """Adds, k times, the frame with the largest determinant of the chosen kernel."""
    many = len(relevance)
    kernel = np.array([
        [math.exp(relevance[i] + relevance[j]) * cosine(vectors[i], vectors[j]) for j in range(many)]
        for i in range(many)
    ])  # fmt: skip
    taken: list[int] = []
    for _ in range(k):
        rest = [i for i in range(many) if i not in taken]
        taken.append(max(rest, key=lambda i: np.linalg.det(kernel[np.ix_([*taken, i], [*taken, i])])))
    return sorted(taken)


def fairest_shares(weights: Sequence[float], capacity: int, budget: int, least: int) -> list[int]:
    """One token after the other to the largest weight / (2 * has + 1), of equal ones to who has least."""
    counts = [least] * len(weights)
    while sum(counts) < budget and min(counts) < capacity:
        open_ones = [i for i in range(len(weights)) if counts[i] < capacity]
        counts[max(open_ones, key=lambda i: (weights[i] / (2 * counts[i] + 1), -counts[i]))] += 1
    return counts


def vidcom2(tokens: Frames) -> tuple[np.ndarray, np.ndarray]:
    many, per_frame, width = tokens.shape
    spread = [np.var(tokens[:, :, c]) for c in range(width)]
    quiet = sorted(range(width), key=lambda c: spread[c])[: max(1, width // 2)]
    unit = np.array([[t[quiet] / math.sqrt(dot(t[quiet], t[quiet])) for t in frame] for frame in tokens])
    clip_mean = np.mean([unit[f, p] for f in range(many) for p in range(per_frame)], axis=0)
    importance, redundancy = np.zeros((many, per_frame)), np.zeros(many)
    for f in range(many):
        frame_mean = np.mean(unit[f], axis=0)
        for p in range(per_frame):
            near = [
                sum(math.exp(-dot(unit[f, p] - mean, unit[f, p] - mean) / (2 * 2.0**a)) for a in range(-3, 2))
                for mean in (clip_mean, frame_mean)
            ]
            importance[f, p] = -sum(near)
            redundancy[f] += near[0] / per_frame
    weights = [math.exp((min(redundancy) - r) / 0.01) for r in redundancy]
    return importance, np.array(weights) / sum(weights)


def vidcom2_kept(tokens: Frames, keep_ratio: float) -> set[tuple[int, int]]:
    many, per_frame = tokens.shape[:2]
    importance, unique = vidcom2(tokens)
    target = max(many, int(many * per_frame * keep_ratio))
    kept: set[tuple[int, int]] = set()
    for f in range(many):
        scale = min(1.0, keep_ratio * (1.0 + unique[f] - 1.0 / many))
        count = min(max(1, round(scale * per_frame)), per_frame)
        kept |= {(f, p) for p in sorted(range(per_frame), key=lambda p: -importance[f, p])[:count]}
    by_importance = sorted(np.ndindex(many, per_frame), key=lambda at: -importance[at])
    if len(kept) > target:
        return set([at for at in by_importance if at in kept][:target])
    return kept | set([at for at in by_importance if at not in kept][: target - len(kept)])


def evs_kept(tokens: Frames, keep_ratio: float) -> set[tuple[int, int]]:
    many, per_frame = tokens.shape[:2]
    changed = {
        (f, p): 1 - cosine(tokens[f, p], tokens[f - 1, p]) if f else 255.0
        for f in range(many)
        for p in range(per_frame)
    }
    count = max(per_frame, int(many * per_frame * keep_ratio))
    return set(sorted(changed, key=lambda at: -changed[at])[:count])


def vcast(tokens: Frames) -> tuple[np.ndarray, np.ndarray]:
    many = len(tokens)
    means = [np.mean(frame, axis=0) / np.linalg.norm(np.mean(frame, axis=0)) for frame in tokens]
    turns = [1.0] * many
    for f in range(1, many - 1):
        turns[f] = 1.0 - cosine(means[f] - means[f - 1], means[f + 1] - means[f])
    importance = np.zeros(tokens.shape[:2])
    for f, frame in enumerate(tokens):
        lengths = [math.sqrt(dot(token, token)) for token in frame]
        for p, token in enumerate(frame):
            length = (lengths[p] - min(lengths)) / (max(lengths) - min(lengths) + 1e-6)
            importance[f, p] = 1.0 - cosine(token, means[f]) + length
    weights = np.exp(np.array(turns) / 0.7)
    return importance, weights / weights.sum()


def word_scores(tokens: Frames, words: np.ndarray) -> np.ndarray:
    many, per_frame = tokens.shape[:2]
    best = np.full((many, per_frame), -np.inf)
    for word in words:
        fits = np.array([[cosine(token, word) for token in frame] for frame in tokens])
        best = np.maximum(best, (fits - fits.mean()) / fits.std())
    return best


def best_grid(rows: int, columns: int, most: int) -> int:
    """The most cells of any grid inside rows x columns that are at most `most`."""
    return max(r * c for r in range(1, rows + 1) for c in range(1, columns + 1) if r * c <= most)


def pairs_apart(places: Sequence[int]) -> int:
    """The smallest gap between any two places."""
    return min(abs(a - b) for a, b in combinations(places, 2))
