"""Interlaced frames without combs: of the two moments that one frame holds, the first.

Much that is marked as interlaced was filmed progressively and loses half of its lines when it is
deinterlaced, small text first. So a frame is left as it is unless combs are seen in it. The lines of the
other field are then interpolated along edges (FFmpeg's `estdif`), from this frame alone: filters that also
read the frames before and after (`yadif`, `bwdif`) would give another result after a seek.
"""

from typing import Any

import numpy as np
from av.filter import Graph
from numpy.typing import NDArray

COMB_STRENGTH = 9
"""Difference, of 255, between a line and its neighbours above which a pixel belongs to a comb."""
BLOCK_PX, MIN_COMBED_PX = 16, 80
"""A frame is combed when a block of 16 x 16 has this many pixels of a comb: a sharp horizontal edge makes
up to 64, movement by a few pixels 130 and more. The measure and the number are those of TFM, an
inverse-telecine filter of AviSynth."""


def remove_combs(frame: Any) -> Any:
    """A decoded PyAV frame; its first field at full height where it is marked as interlaced and has combs.

    The field order is the one that the file states.
    """
    if not frame.interlaced_frame or not is_combed(frame.reformat(format="gray").to_ndarray()):
        return frame
    graph = Graph()
    source = graph.add_buffer(
        width=frame.width, height=frame.height, format=frame.format, time_base=frame.time_base
    )
    deinterlace, sink = graph.add("estdif", "mode=frame:deint=interlaced"), graph.add("buffersink")
    source.link_to(deinterlace)
    deinterlace.link_to(sink)
    graph.configure()
    source.push(frame)
    source.push(None)
    return sink.pull()


def is_combed(luma: NDArray[np.uint8]) -> bool:
    """Some block of a frame has lines that alternate, as two fields of a movement do.

    Args:
        luma: (H, W) uint8.
    """
    height_px, width_px = ((size - 4) // BLOCK_PX * BLOCK_PX if size > 4 else 0 for size in luma.shape)
    if not height_px or not width_px:
        return False
    lines = [luma[i : i + height_px, :width_px].astype(np.int16) for i in range(5)]
    difference = np.abs(lines[0] - 3 * lines[1] + 4 * lines[2] - 3 * lines[3] + lines[4])
    combed = difference > 6 * COMB_STRENGTH
    blocks = combed.reshape(height_px // BLOCK_PX, BLOCK_PX, width_px // BLOCK_PX, BLOCK_PX)
    return bool(blocks.sum(axis=(1, 3)).max() >= MIN_COMBED_PX)
