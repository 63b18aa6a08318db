"""LongVU: two vision towers, an aggregator with one query for every cell, two grids of tokens for a frame.

Written from the released code's behaviour (Vision-CAIR/LongVU; Shen et al., 2024, arXiv:2410.17434). The
aggregator is Cambrian-1's spatial vision aggregator (Tong et al., 2024, arXiv:2406.16860).
"""

from typing import Any

import numpy as np

from playhead_index.embed.runtime import torch
from playhead_tools.architectures.longvu.config import LongVUConfig
from playhead_tools.architectures.longvu.grids import FrameGrids
from playhead_tools.architectures.splice import EncodedVideo, SpliceModel
from playhead_tools.compression.longvu_grid import unpadded_cells, with_newlines
from playhead_tools.compression.prune_frames import WINDOW, evenly_thinned, prune_frame_stream
from playhead_tools.compression.records import ClipTokens, join_selected, upcast_half

nn = torch().nn
HEADS = 16
CHUNK_FRAMES = WINDOW
"""Frames that go through the towers at once: a window of frame pruning. (The released code takes 64.)"""


class CrossAttention(nn.Module):  # type: ignore[misc, name-defined]
    """Attention of one query to the patches that its cell covers, in both towers.

    Args:
        width: of queries, keys and values.
    """

    def __init__(self, width: int) -> None:
        super().__init__()
        for name in ("q_proj", "k_proj_0", "k_proj_1", "v_proj_0", "v_proj_1"):
            setattr(self, name, nn.Sequential(nn.LayerNorm(width), nn.Linear(width, width, bias=False)))
        self.o_proj = nn.Linear(width, width, bias=False)

    def forward(self, queries: Any, patches: tuple[Any, Any], mask: Any) -> Any:
        """(M, 1, D) what each query gathers.

        Args:
            queries: (M, 1, D).
            patches: (M, K, D) of each tower.
            mask: (M, 2 * K) bool, the patches that may be seen.
        """
        keys = torch().cat([self.k_proj_0(patches[0]), self.k_proj_1(patches[1])], dim=1)
        values = torch().cat([self.v_proj_0(patches[0]), self.v_proj_1(patches[1])], dim=1)
        heads = [
            one.unflatten(2, (HEADS, -1)).transpose(1, 2) for one in (self.q_proj(queries), keys, values)
        ]
        seen = nn.functional.scaled_dot_product_attention(*heads, attn_mask=mask[:, None, None, :])
        return self.o_proj(seen.transpose(1, 2).flatten(2))


class OutputLayers(nn.Module):  # type: ignore[misc, name-defined]
    """Two layers without bias.

    Args:
        width: of both.
    """

    def __init__(self, width: int) -> None:
        super().__init__()
        self.linear_1 = nn.Linear(width, width, bias=False)
        self.linear_2 = nn.Linear(width, width, bias=False)

    def forward(self, rows: Any) -> Any:
        """Rows of the same shape."""
        return self.linear_2(nn.functional.gelu(self.linear_1(rows)))


class SamplerLayer(nn.Module):  # type: ignore[misc, name-defined]
    """A layer of the aggregator.

    Args:
        width: of the aggregator.
        patches: of a tower that a query's cell covers; more than one get learned places.
    """

    def __init__(self, width: int, patches: int) -> None:
        super().__init__()
        self.proj_context = nn.Linear(width, width, bias=False)
        self.proj_in = nn.Linear(2 * width, width, bias=False)
        self.cross_attn = CrossAttention(width)
        self.norm = nn.LayerNorm(width)
        self.proj_out = OutputLayers(width)
        self.has_places = patches > 1
        if self.has_places:
            self.pos_embed_0 = nn.Parameter(torch().zeros(patches, width))
            self.pos_embed_1 = nn.Parameter(torch().zeros(patches, width))

    def forward(self, queries: Any, context: Any, patches: tuple[Any, Any], mask: Any) -> Any:
        """(M, 1, D) queries after the layer.

        Args:
            queries: (M, 1, D).
            context: (M, 1, D), the mean of the frame's SigLIP tokens.
            patches: (M, K, D) of each tower.
            mask: (M, 2 * K) bool.
        """
        if self.has_places:
            patches = (patches[0] + self.pos_embed_0, patches[1] + self.pos_embed_1)
        inner = self.proj_in(torch().cat([queries, self.proj_context(context)], dim=-1))
        inner = inner + self.cross_attn(inner, patches, mask)
        return queries + self.proj_out(self.norm(inner))


class Sampler(nn.Module):  # type: ignore[misc, name-defined]
    """Layers of the aggregator one after the other.

    Args:
        width: of the aggregator.
        patches: of a tower that a query's cell covers.
        depth: how many layers.
    """

    def __init__(self, width: int, patches: int, depth: int) -> None:
        super().__init__()
        self.layers = nn.ModuleList([SamplerLayer(width, patches) for _ in range(depth)])

    def forward(self, queries: Any, context: Any, patches: tuple[Any, Any], mask: Any) -> Any:
        """(M, 1, D) queries after all layers; see `SamplerLayer.forward`."""
        for layer in self.layers:
            queries = layer(queries, context, patches, mask)
        return queries


class LongVUModel(SpliceModel):
    """LongVU with a stock Qwen2 or Llama.

    Its towers are no part of the released files: `attach_towers` follows.

    Args:
        config: of this model.
    """

    config_class = LongVUConfig

    def __init__(self, config: LongVUConfig) -> None:
        super().__init__(config)
        width, hidden = config.vision_hidden_size, config.text_config.hidden_size
        self.mm_projector_aux_0 = _tower_projector(config.siglip_hidden_size, width)
        self.mm_projector_aux_1 = _tower_projector(config.dinov2_hidden_size, width)
        self.vision_query = nn.Parameter(torch().zeros(1, width))
        patches = (config.tower_side // config.fine_side) ** 2
        self.vision_sampler_0 = Sampler(width, patches, config.connector_depth)
        self.mm_projector = nn.Sequential(nn.Linear(width, hidden), nn.GELU(), nn.Linear(hidden, hidden))
        self.image_newline = nn.Parameter(torch().zeros(hidden))
        self.post_init()

    def attach_towers(self, siglip: Any, dinov2: Any, pixel_statistics: tuple[Any, Any]) -> None:
        """The vision towers, loaded from their own releases.

        Args:
            siglip: a `SiglipVisionModel`.
            dinov2: a `Dinov2Model`.
            pixel_statistics: (2, 3) mean and standard deviation of each tower's pixels in [0, 1].
        """
        self.siglip, self.dinov2 = siglip, dinov2
        self._pixel_statistics = pixel_statistics

    def get_video_features(
        self, pixel_values_videos: Any, pixel_values_dinov2: Any, frame_size: Any, **_: Any
    ) -> EncodedVideo:
        """The rows of both grids of every frame, newlines among them, the fine ones first.

        Frames are judged by DINOv2 before SigLIP is run. Where there are more than the context holds even in
        the coarse grid, those that look like their window are not encoded further: their rows are zeros and
        are not shown. (How much of the context the text takes is not known yet: the prompt may hold fewer
        frames, then the token selection leaves out the redundant ones.)

        Args:
            pixel_values_videos: (N, 3, S, S) uint8 for SigLIP.
            pixel_values_dinov2: (N, 3, S', S') uint8 for DINOv2.
            frame_size: (2,) width and height of the frames before they were padded.

        Raises:
            ValueError: features are not finite.
        """
        grids = FrameGrids.of(self.config, int(frame_size[0]), int(frame_size[1]))
        num_frames = len(pixel_values_videos)
        shown, redundant, dino = self._judge_frames(pixel_values_dinov2)
        fine, coarse = grids.fine_tokens, grids.coarse_tokens
        width = self.config.text_config.hidden_size
        rows = torch().zeros(num_frames, fine + coarse, width, dtype=self.dtype)
        for first in range(0, len(shown), CHUNK_FRAMES):
            frames = shown[first : first + CHUNK_FRAMES]
            siglip = self._siglip_patches(pixel_values_videos[frames.to(pixel_values_videos.device)])
            rows[frames] = self._frame_rows(siglip, dino[first : first + CHUNK_FRAMES], grids).cpu()
        default = shown[:, None] * (fine + coarse) + torch().arange(fine)
        return EncodedVideo(
            pooler_output=rows.flatten(0, 1),
            default_indices=default.flatten(),
            fine_rows=fine,
            redundant=redundant,
        )

    def _judge_frames(self, pixels: Any) -> tuple[Any, Any, Any]:
        """(K,) frames to encode, (N,) bool redundant ones, (K, P, D) DINOv2's patches of those to encode."""
        config, num_frames = self.config, len(pixels)
        max_frames = max(1, config.room_tokens // config.lowres_token**2)
        compat = config.reference_compat
        drops = num_frames >= max_frames if compat else num_frames > max_frames
        kept, patches = [], []
        for first in range(0, num_frames, CHUNK_FRAMES):
            chunk = self._dinov2_patches(pixels[first : first + CHUNK_FRAMES])
            clip = ClipTokens(chunk, np.arange(first, first + len(chunk), dtype=np.float64))
            judged = join_selected(
                list(prune_frame_stream([clip], threshold=config.dino_threshold, reference_compat=compat))
            )
            kept.append(judged)
            patches.append(chunk[torch().from_numpy(judged.indices).to(chunk.device)] if drops else chunk)
        selected = np.concatenate([one.pts_s for one in kept]).astype(np.int64)
        at = evenly_thinned(len(selected)) if compat and num_frames >= WINDOW else np.arange(len(selected))
        redundant = torch().ones(num_frames, dtype=torch().bool)
        redundant[torch().from_numpy(selected[at])] = False
        dino = torch().cat(patches)
        if not drops:
            return torch().arange(num_frames), redundant, dino
        return torch().from_numpy(selected[at]), redundant, dino[torch().from_numpy(at).to(dino.device)]

    def _siglip_patches(self, pixels: Any) -> Any:
        """(N, P, D) SigLIP's last layer, before its last norm."""
        output = self.siglip(self._normalized(pixels, 0), output_hidden_states=True)
        return _interpolated(output.hidden_states[-1], self.config.tower_side)

    def _dinov2_patches(self, pixels: Any) -> Any:
        """(N, P, D) DINOv2's patches after its last norm."""
        output = self.dinov2(self._normalized(pixels, 1))
        return _interpolated(output.last_hidden_state[:, 1:], self.config.tower_side)

    def _normalized(self, pixels: Any, tower: int) -> Any:
        exact = upcast_half(torch().empty(0, dtype=self.dtype)).dtype
        mean, std = (
            torch().tensor(row, dtype=exact, device=pixels.device)[:, None, None]
            for row in self._pixel_statistics[tower]
        )
        return ((pixels.to(exact) / 255 - mean) / std).to(self.dtype)

    def _frame_rows(self, siglip: Any, dino: Any, grids: FrameGrids) -> Any:
        """(N, fine + coarse, H) the tokens of both grids of some frames."""
        config = self.config
        towers = (self.mm_projector_aux_0(siglip), self.mm_projector_aux_1(dino))
        side, count = config.fine_side, len(siglip)
        context = towers[0].mean(dim=1)[:, None].expand(-1, side**2, -1).flatten(0, 1)[:, None]
        patches = tuple(_blocks(tower, side) for tower in towers)
        mask = block_mask(grids, config.tower_side, side).to(siglip.device).repeat(count, 1)
        queries = self.vision_query[0].expand(count * side**2, 1, -1)
        cells = self.vision_sampler_0(queries, context, patches, torch().cat([mask, mask], dim=1))
        fine = cells.reshape(count, side**2, -1)
        coarse = _interpolated(fine, config.lowres_token)
        return torch().cat(
            [
                self._grid_rows(fine, side, grids.fine),
                self._grid_rows(coarse, config.lowres_token, grids.coarse),
            ],
            dim=1,
        )

    def _grid_rows(self, cells: Any, side: int, picture: tuple[slice, slice]) -> Any:
        rows = self.mm_projector(cells).unflatten(1, (side, side))
        return with_newlines(rows[:, picture[0], picture[1]], self.image_newline)


def block_mask(grids: FrameGrids, tower_side: int, side: int) -> Any:
    """(side * side, K) bool: which of the patches under a cell show the picture; all where none does."""
    mask = torch().zeros(tower_side, tower_side, dtype=torch().bool)
    rows, columns = unpadded_cells(tower_side, grids.width_px, grids.height_px, reference_compat=True)
    mask[rows, columns] = True
    blocks = _blocks(mask.reshape(1, -1, 1), side)[..., 0]
    return blocks | ~blocks.any(dim=1, keepdim=True)


def _blocks(patches: Any, side: int) -> Any:
    """(N * side * side, K, D) the patches of a square grid (N, P, D) by the cell that they lie in."""
    across = int(patches.shape[1] ** 0.5)
    inside = across // side
    grid = patches.reshape(len(patches), side, inside, side, inside, -1)
    return grid.permute(0, 1, 3, 2, 4, 5).flatten(0, 2).flatten(1, 2)


def _interpolated(patches: Any, side: int) -> Any:
    """(N, side * side, D) a square grid (N, P, D) resized bilinearly, in float32 at least."""
    across = int(patches.shape[1] ** 0.5)
    if across == side:
        return patches
    grid = upcast_half(patches.transpose(1, 2).unflatten(2, (across, across)))
    sized = nn.functional.interpolate(grid, size=(side, side), mode="bilinear", align_corners=False)
    return sized.flatten(2).transpose(1, 2).to(patches.dtype)


def _tower_projector(given: int, width: int) -> Any:
    return nn.Sequential(nn.Linear(given, width), nn.GELU(), nn.Linear(width, width), nn.LayerNorm(width))
