"""The command that installs an extra fits the way in which playhead was installed."""

import json
import sys
from pathlib import Path

import pytest

from playhead_index import extras
from playhead_index.extras import (
    InstallAdvice,
    install_bench_command,
    install_command,
    join_install_commands,
    missing_module,
    models_extra,
)


def installed(place: Path, record: dict[str, object] | None, name: str = "playhead") -> None:
    """Makes a distribution look installed in a folder, with what pip records of its origin (PEP 610)."""
    info = place / f"{name.replace('-', '_')}-9.9.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 9.9\n")
    if record is not None:
        (info / "direct_url.json").write_text(json.dumps(record))


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder that is searched for distributions before all others."""
    (tmp_path / "site").mkdir()
    monkeypatch.syspath_prepend(str(tmp_path / "site"))
    return tmp_path / "site"


def test_from_an_index_the_name_is_enough(site: Path) -> None:
    installed(site, None)
    assert install_command("asr") == 'pip install "playhead[asr]"'
    assert install_command("cpu", "offline") == 'pip install "playhead[cpu,offline]"'
    assert install_bench_command() == "pip install playhead-bench"


@pytest.mark.parametrize(("editable", "option"), [(True, "-e "), (False, "")])
def test_from_a_checkout_its_folder_is_named(site: Path, tmp_path: Path, editable: bool, option: str) -> None:
    checkout = tmp_path / "my checkout"
    (checkout / "bench").mkdir(parents=True)
    (checkout / "bench" / "pyproject.toml").touch()
    installed(site, {"url": checkout.as_uri(), "dir_info": {"editable": editable}})
    assert install_command("cpu") == f'pip install {option}"{checkout}[cpu]"'
    assert install_bench_command() == f'pip install "{checkout}/bench"'


def test_from_a_wheel_its_address_is_named_while_it_is_there(site: Path, tmp_path: Path) -> None:
    wheel = tmp_path / "playhead-9.9-py3-none-any.whl"
    wheel.touch()
    installed(site, {"url": wheel.as_uri(), "archive_info": {}})
    assert install_command("llm") == f'pip install "playhead[llm] @ {wheel.as_uri()}"'
    wheel.unlink()
    assert install_command("llm") == 'pip install "playhead[llm]"'


def test_from_a_repository_its_commit_is_named(site: Path) -> None:
    vcs = {"vcs": "git", "commit_id": "abc123"}
    installed(site, {"url": "https://example.org/playhead.git", "vcs_info": vcs})
    expected = 'pip install "playhead[asr] @ git+https://example.org/playhead.git@abc123"'
    assert install_command("asr") == expected


def test_a_folder_with_a_sign_that_a_shell_reads_is_quoted(site: Path, tmp_path: Path) -> None:
    checkout = tmp_path / "a$b"
    checkout.mkdir()
    installed(site, {"url": checkout.as_uri(), "dir_info": {}})
    assert install_command("asr") == f"pip install '{checkout}[asr]'"


@pytest.mark.parametrize(("owner", "extra"), [("faiss-gpu", "gpu"), ("faiss-cpu", "cpu")])
def test_torch_is_said_to_come_with_the_extra_whose_faiss_is_installed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, owner: str, extra: str
) -> None:
    installed(tmp_path, None)
    installed(tmp_path, None, owner)
    monkeypatch.setattr(sys, "path", [str(tmp_path)])
    assert missing_module("torch") == f'torch is not installed; run: pip install "playhead[{extra}]"'


def test_without_faiss_the_extra_follows_the_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "path", [str(tmp_path)])
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setenv("PATH", "")
    monkeypatch.setattr(extras, "NVIDIA", (tmp_path / "driver",))
    assert models_extra() == "cpu"
    (tmp_path / "driver").touch()
    assert models_extra() == "gpu"


def test_a_module_of_no_extra_is_a_mistake_of_the_caller() -> None:
    with pytest.raises(KeyError, match="numpy"):
        missing_module("numpy")


def test_the_commands_of_several_messages_become_one(site: Path) -> None:
    installed(site, None)
    advice = InstallAdvice()
    message = 'torch is not installed; run: pip install "playhead[cpu]", then: playhead prepare picture'
    assert advice.shorten(message) == "torch is not installed"
    assert advice.shorten('no speech; run: pip install "playhead[asr]"') == "no speech"
    assert advice.shorten("captions were not asked for") == "captions were not asked for"
    assert advice.command == 'pip install "playhead[cpu,asr]" && playhead prepare picture'


def test_an_extra_is_named_in_the_place_of_its_command(site: Path) -> None:
    installed(site, None)
    advice = InstallAdvice(names_extra=True)
    assert advice.shorten('not installed; run: pip install "playhead[llm]"') == "not installed; extra: llm"
    assert InstallAdvice().command == ""


def test_a_sentence_with_one_command_stays_and_two_become_one_behind_it(site: Path) -> None:
    installed(site, None)
    one = 'no speech; run: pip install "playhead[asr]".'
    assert join_install_commands(one, "To search it") == one
    two = 'no pictures; run: pip install "playhead[cpu]"; no speech; run: pip install "playhead[asr]".'
    joined = 'no pictures; no speech. To search them, run: pip install "playhead[cpu,asr]"'
    assert join_install_commands(two, "To search them") == joined


def test_a_command_stored_by_another_installation_becomes_that_of_this_one(site: Path) -> None:
    installed(site, None)
    advice = InstallAdvice()
    stored = 'no speech; run: pip install "playhead[asr] @ file:///gone/playhead-0.1.0-py3-none-any.whl"'
    assert advice.shorten(stored) == "no speech"
    assert advice.command == 'pip install "playhead[asr]"'
    assert (
        advice.shorten('no; run: pip install "playhead[nosuch]"') == 'no; run: pip install "playhead[nosuch]"'
    )
