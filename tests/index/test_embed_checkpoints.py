"""Tests of finding models on this machine, and of staying off the network."""

import socket
from pathlib import Path

import pytest
from tests.tiny_models import make_tiny_dino, make_tiny_open_clip

from playhead_index.embed import checkpoints
from playhead_index.embed.digests import digest_of
from playhead_index.embed.dino import load_dino
from playhead_index.embed.minilm import load_text_embedder
from playhead_index.embed.openclip import load_open_clip
from playhead_index.errors import ModelUnavailable

COMMIT = "0123456789abcdef0123456789abcdef01234567"


@pytest.fixture(autouse=True)
def no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise AssertionError("the network was tried")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)


@pytest.fixture
def hub_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache of the hub."""
    from huggingface_hub import constants

    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "hub"))
    return tmp_path / "hub"


def cached_snapshot(hub_cache: Path, repo: str) -> Path:
    """The folder in which a model of the hub lies in the cache."""
    model = hub_cache / f"models--{repo.replace('/', '--')}"
    (model / "refs").mkdir(parents=True)
    (model / "refs" / "main").write_text(COMMIT)
    return model / "snapshots" / COMMIT


@pytest.mark.parametrize(
    ("load", "name", "message"),
    [
        pytest.param(
            load_open_clip, "ViT-B-32:laion2b_s34b_b79k",
            r"laion2B-s34B-b79K/open_clip_model.safetensors\) are not on this machine; "
            r"run: playhead prepare picture --picture-model ViT-B-32:laion2b_s34b_b79k",
            id="listed weights that are not cached",
        ),
        pytest.param(
            load_open_clip, "ViT-B-16-SigLIP:webli",
            "run: playhead prepare picture --picture-model ViT-B-16-SigLIP:webli",
            id="listed weights with a tokenizer on the hub",
        ),
        pytest.param(
            load_open_clip, "hf-hub:someone/clip",
            "run: playhead prepare picture --picture-model hf-hub:someone/clip",
            id="a hub model that is not cached",
        ),
        pytest.param(
            load_open_clip, "ViT-B-32", "ViT-B-32 has no weights ''; it has: openai",
            id="a model without its weights' tag"
        ),
        pytest.param(
            load_open_clip, "no-such-model:x", "no model 'no-such-model'; write MODEL:TAG",
            id="a model nobody knows"
        ),
        pytest.param(
            load_open_clip, "hf-hub:a/b/c", "looking it up in the local cache failed",
            id="a name no hub could have"
        ),
        pytest.param(
            load_dino, "facebook/dinov2-small",
            "run: playhead prepare appearance --appearance-model facebook/dinov2-small",
            id="a DINO that is not cached",
        ),
        pytest.param(
            load_dino, "/no/such/dino", "there is no folder /no/such/dino", id="a folder that is not there"
        ),
        pytest.param(
            load_text_embedder, "sentence-transformers/all-MiniLM-L6-v2", "prepare words --words-model",
            id="a sentence model that is not cached",
        ),
    ],
)  # fmt: skip
@pytest.mark.usefixtures("hub_cache")
def test_a_model_that_is_not_here_is_named_with_the_command_that_gets_it(
    load: object, name: str, message: str
) -> None:
    with pytest.raises(ModelUnavailable, match=message):
        load(name)  # type: ignore[operator]


def test_a_cached_open_clip_model_is_loaded_and_its_revision_is_the_commit(hub_cache: Path) -> None:
    make_tiny_open_clip(cached_snapshot(hub_cache, "someone/clip"))
    assert load_open_clip("hf-hub:someone/clip", device="cpu").tag.revision == COMMIT


def test_a_cached_dino_is_loaded_and_its_revision_is_the_commit(hub_cache: Path) -> None:
    make_tiny_dino(cached_snapshot(hub_cache, "someone/dino"))
    assert load_dino("someone/dino", device="cpu").tag.revision == COMMIT


def test_a_cached_model_without_its_weights_says_which_file_is_missing(hub_cache: Path) -> None:
    folder = make_tiny_dino(cached_snapshot(hub_cache, "someone/dino"))
    (folder / "model.safetensors").unlink()
    with pytest.raises(ModelUnavailable, match=r"\*\.safetensors is missing in .*run: playhead prepare"):
        load_dino("someone/dino")


@pytest.mark.parametrize(
    ("load", "name"),
    [
        pytest.param(load_open_clip, "ViT-B-32:laion2b_s34b_b79k", id="listed weights"),
        pytest.param(load_open_clip, "hf-hub:someone/clip", id="a hub model"),
        pytest.param(load_dino, "facebook/dinov2-small", id="a DINO"),
        pytest.param(load_text_embedder, "sentence-transformers/all-MiniLM-L6-v2", id="a sentence model"),
    ],
)
@pytest.mark.usefixtures("hub_cache")
def test_a_download_that_cannot_reach_the_hub_says_what_it_wanted(
    load: object, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from huggingface_hub import constants

    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    with pytest.raises(ModelUnavailable, match=r"downloading .+/.+ failed: "):
        load(name, download=True)  # type: ignore[operator]


def test_offline_is_lifted_again_when_loading_fails() -> None:
    from huggingface_hub import constants

    before = constants.HF_HUB_OFFLINE
    with pytest.raises(ValueError, match="broken"), checkpoints.offline():
        raise ValueError("broken")
    assert before == constants.HF_HUB_OFFLINE


def test_the_hash_of_a_folder_changes_with_any_of_its_weights(tmp_path: Path) -> None:
    files = [tmp_path / "a", tmp_path / "b"]
    files[0].write_bytes(b"1")
    files[1].write_bytes(b"2")
    before = digest_of(files)
    files[1].write_bytes(b"3")
    assert before != digest_of(files)
