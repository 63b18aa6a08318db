"""The cross-attention benchmark compares what is equal."""

from dataclasses import replace

import numpy as np

from playhead_bench.suite.b13_cross_attention import _Decoder, _spliced_vectors
from playhead_bench.suite.random_owl3 import Owl3Shape, make_owl3
from playhead_bench.suite.vlm_calls import RandomWeightsVideoLLM, make_request, moving_clip

TINY = Owl3Shape(hidden=32, inner=48, layers=2, heads=2, words=1024, vision=(24, 32, 2, 2))


def test_recomputed_keys_are_the_kept_ones() -> None:
    for has_gate in (False, True):
        loaded = make_owl3(replace(TINY, has_gate=has_gate))
        scores = _Decoder(loaded, 2)(0)
        for way in ("recomputed", "released"):
            np.testing.assert_allclose(_Decoder(loaded, 2, way)(0), scores, atol=1e-6)


def test_the_spliced_prompt_has_all_rows_in_the_frames_places() -> None:
    loaded = make_owl3(TINY)
    clip = moving_clip(2, 378)
    llm = RandomWeightsVideoLLM(loaded)
    vectors = _spliced_vectors(loaded, llm, clip)
    row = llm.prompt(make_request(clip)).row
    assert vectors.shape == (1, len(row.ids) + 2 * 728, 32)
    first = int(row.clips[0].columns[0])
    assert (vectors[0, first : first + 729] == row.clips[0].features.context[:729]).all()
