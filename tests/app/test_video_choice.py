"""Which video-LLM is taken on which machine, and why; what a name means; what a server says it serves."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.tiny_video_llm import make_tiny_video_llm
from tests.tools.video_llm.made_server import MadeServer, made_server

from playhead.known_video_models import KNOWN
from playhead.load_video_model import load_captioner, load_video_llm
from playhead.video_model_choice import ask_server, read_model_size, video_choice
from playhead.video_models import MachineFacts, ServerFacts, VideoChoice, choose_video_model
from playhead_index.errors import ModelUnavailable
from playhead_tools.captions.captioner import prompt_hash

BIG, MIDDLE, TINY = (
    "Qwen/Qwen3-VL-8B-Instruct",
    "Qwen/Qwen3-VL-4B-Instruct",
    "HuggingFaceTB/SmolVLM2-500M-Video-Instruct",
)
ALL = (BIG, MIDDLE, TINY)
UP = ServerFacts("http://gpu:8000/v1", ("qwen",), "vllm")
DOWN = ServerFacts("http://gpu:8000/v1", unavailable_reason="http://gpu:8000/v1 does not answer")

CASES = {
    "a server that answers comes before the GPU": (
        MachineFacts(gpu_gb=80.0, cached=ALL, server=UP),
        "video model: qwen at http://gpu:8000/v1 (the server that PLAYHEAD_VIDEO_SERVER names answers)",
    ),
    "a server that is away leaves the machine, and it is said": (
        MachineFacts(gpu_gb=80.0, cached=ALL, server=DOWN),
        f"video model: {BIG} (http://gpu:8000/v1 does not answer, and the best cached model that fits the"
        " 80.0 GB of the GPU)",
    ),
    "the best that fits the GPU": (
        MachineFacts(gpu_gb=16.0, cached=ALL),
        f"video model: {MIDDLE} (the best cached model that fits the 16.0 GB of the GPU)",
    ),
    "a smaller whole one before a larger one in 4 bits": (
        MachineFacts(gpu_gb=12.0, cached=ALL, four_bit=True),
        f"video model: {TINY} (the best cached model that fits the 12.0 GB of the GPU)",
    ),
    "4 bits where nothing else fits": (
        MachineFacts(gpu_gb=12.0, cached=(BIG,), four_bit=True),
        f"video model: {BIG} (the best cached model that, in 4 bits, fits the 12.0 GB of the GPU)",
    ),
    "a GPU that is too small": (
        MachineFacts(gpu_gb=10.0, cached=(BIG,)),
        f"video model: off (what is cached ({BIG}) does not fit the 10.0 GB of the GPU; set --video-model to"
        " a model or a server)",
    ),
    "a CPU bears a tiny one": (
        MachineFacts(cached=ALL),
        f"video model: {TINY} (the best cached model that a CPU can bear, as there is no GPU)",
    ),
    "a CPU bears no large one": (
        MachineFacts(cached=(BIG,)),
        f"video model: off (there is no GPU, and a CPU cannot bear what is cached ({BIG}); set --video-model"
        " to a model or a server)",
    ),
    "a machine with too little memory": (
        MachineFacts(memory_gb=2.0, cached=(TINY,)),
        f"video model: off (there is no GPU, and a CPU cannot bear what is cached ({TINY}); set --video-model"
        " to a model or a server)",
    ),
    "an empty cache": (
        MachineFacts(gpu_gb=80.0),
        "video model: off (no video-LLM is in the cache of this machine, playhead prepare video fetches one;"
        " set --video-model to a model or a server)",
    ),
}


@pytest.mark.parametrize(("facts", "sentence"), CASES.values(), ids=CASES)
def test_the_choice_and_its_reason(facts: MachineFacts, sentence: str) -> None:
    assert choose_video_model(facts).sentence == sentence


@pytest.mark.parametrize("model", KNOWN, ids=lambda model: model.name)
def test_every_known_model_is_taken_on_a_large_gpu(model: object) -> None:
    choice = choose_video_model(MachineFacts(gpu_gb=80.0, cached=(model.name,)))  # type: ignore[attr-defined]
    assert choice.name == model.name  # type: ignore[attr-defined]


def test_small_models_are_not_asked_for_forms() -> None:
    forms = {name: choose_video_model(MachineFacts(gpu_gb=80.0, cached=(name,))).forms for name in ALL}
    assert forms == {BIG: True, MIDDLE: True, TINY: False}


def test_a_password_in_an_address_is_not_shown() -> None:
    choice = VideoChoice("server", "qwen", "it was asked for", "https://me:secret@host/v1")
    assert choice.sentence == "video model: qwen at https://host/v1 (it was asked for)"


@pytest.fixture
def server() -> Iterator[MadeServer]:
    with made_server() as made:
        yield made


def test_a_servers_only_model_and_its_kind_are_found_out(server: MadeServer) -> None:
    assert ask_server(server.base_url) == ServerFacts(server.base_url, ("made",), "vllm")


def test_a_server_of_several_models_wants_one_named(server: MadeServer) -> None:
    server.models = [{"id": "a", "owned_by": "library"}, {"id": "b", "owned_by": "library"}]
    assert ask_server(server.base_url).unavailable_reason.endswith(
        f"2 models (a, b), name one as {server.base_url}#MODEL"
    )
    assert ask_server(f"{server.base_url}#b") == ServerFacts(server.base_url, ("b",), "ollama")
    assert "does not serve 'c'; it serves a, b" in ask_server(f"{server.base_url}#c").unavailable_reason


def test_a_server_that_is_asked_for_and_away_is_an_error() -> None:
    with pytest.raises(ModelUnavailable, match=r"127.0.0.1:9/v1 does not answer \(ConnectError.*is it up"):
        video_choice("http://127.0.0.1:9/v1")


def test_the_environment_names_a_model_or_a_server(
    server: MadeServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PLAYHEAD_VIDEO_MODEL", f"{server.base_url}#made")
    assert video_choice().reason == "PLAYHEAD_VIDEO_MODEL names it"
    assert video_choice("off").reason == "it was switched off"


def test_a_folder_is_taken_by_its_weights(tmp_path: Path) -> None:
    (tmp_path / "model.safetensors").write_bytes(bytes(10))
    choice = video_choice(str(tmp_path))
    assert (choice.backend, choice.name, choice.forms) == ("local", str(tmp_path), False)


def test_the_sizes_of_a_folder_are_read_from_its_configuration(tmp_path: Path) -> None:
    size = read_model_size(make_tiny_video_llm(tmp_path / "tiny"))
    assert size is not None
    assert (size.text.hidden, size.text.layers, size.text.kv_heads, len(size.towers)) == (32, 2, 1, 1)
    (tmp_path / "config.json").write_text('{"model_type": "of another world"}')
    assert read_model_size(tmp_path) is None


def test_4_bits_that_were_asked_for_hold_for_a_named_model(tmp_path: Path) -> None:
    (tmp_path / "model.safetensors").write_bytes(bytes(10))
    assert [video_choice(str(tmp_path), four_bit=one).four_bit for one in (None, True)] == [False, True]


def test_a_model_that_is_not_in_the_cache_says_how_to_get_it() -> None:
    with pytest.raises(ModelUnavailable, match="run: playhead prepare video --video-model someone/noth"):
        video_choice("someone/nothing")


def test_a_choice_of_none_cannot_be_loaded() -> None:
    with pytest.raises(ModelUnavailable, match="there is no video-LLM: it was switched off"):
        load_video_llm(video_choice("off"))


def test_captions_of_a_server_are_stored_by_its_models_name_alone(server: MadeServer) -> None:
    captioner = load_captioner(video_choice(server.base_url))
    assert captioner.name == f"caption:made#{prompt_hash(forms=True)}"


def test_a_plugins_video_model_is_taken_by_the_plugins_name() -> None:
    try:
        choice = video_choice("nano:")
    except ModelUnavailable as error:
        pytest.skip(str(error))
    assert (choice.backend, choice.name, choice.forms) == ("plugin", "nano:", False)
