"""Contact sheets: a strip as a few pictures of many small frames, for models that take no tokens."""

from dataclasses import replace
from math import isqrt

import numpy as np
from numpy.typing import NDArray

from playhead_tools.compression.frame_selection import uniform_frames
from playhead_tools.video_llm.protocol import Clip, VlmRequest

MAX_TILES = 16
"""Frames of a sheet: at four a side a frame of 336 pixels is 84 high, which shows a scene and no details."""


def with_contact_sheets(request: VlmRequest) -> VlmRequest:
    """The request with each of its strips as contact sheets, as many as the strip may take whole frames.

    A request without strips is the same: its budget of frames stays above the frames given, of which a clip
    could not have its share otherwise.
    """
    if not any(clip.strip_frames for clip in request.clips):
        return request
    clips = tuple(contact_sheets(clip) if clip.strip_frames else clip for clip in request.clips)
    given = sum(len(clip) for clip in request.clips)
    frames = request.budget.frames
    if frames is None or frames < given:
        return replace(request, clips=clips)
    return replace(request, clips=clips, budget=replace(request.budget, frames=sum(map(len, clips))))


def contact_sheets(strip: Clip) -> Clip:
    """The moments of a strip in time order, row by row on sheets of the size of its frames.

    A moment that is given twice stands once; where more are given than `MAX_TILES` a sheet, those shown
    are evenly spread. Each sheet has the time of its first moment.

    Args:
        strip: of at least one frame, with `strip_frames` above 0.
    """
    moments = np.unique(strip.pts_s, return_index=True)[1]
    moments = moments[uniform_frames(len(moments), min(len(moments), MAX_TILES * strip.strip_frames))]
    parts = np.array_split(moments, min(strip.strip_frames, len(moments)))
    sheets = np.stack([_sheet(strip.frames[part]) for part in parts])
    pts_s = strip.pts_s[[part[0] for part in parts]]
    return replace(strip, pts_s=pts_s, frames=sheets, tiles=max(map(len, parts)))


def _sheet(frames: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """(H, W, 3) uint8 RGB, (N, H, W, 3) frames side by side, each averaged down; black where none stands."""
    _, height, width, _ = frames.shape
    side = isqrt(len(frames) - 1) + 1
    tile_h, tile_w = max(1, height // side), max(1, width // side)
    sheet = np.zeros((height, width, 3), np.uint8)
    for at, frame in enumerate(frames):
        top, left = (at // side) * tile_h, (at % side) * tile_w
        sheet[top : top + tile_h, left : left + tile_w] = _averaged(frame, tile_h, tile_w)
    return sheet


def _averaged(frame: NDArray[np.uint8], height: int, width: int) -> NDArray[np.uint8]:
    """A frame as means of equal blocks; what is left at its right and lower edge is cut."""
    rows, columns = frame.shape[0] // height, frame.shape[1] // width
    blocks = frame[: rows * height, : columns * width].reshape(height, rows, width, columns, 3)
    means: NDArray[np.float64] = blocks.mean(axis=(1, 3))
    return means.round().astype(np.uint8)
