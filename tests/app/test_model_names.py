"""Names of models: what a plugin's name means, and that a library remembers the name, not the file."""

import pytest

from playhead.model_plugins import find_plugin
from playhead.models import ModelNames, load_one
from playhead_index.errors import ModelUnavailable


@pytest.fixture
def nano() -> None:
    try:
        find_plugin("nano").name_of("picture")
    except ModelUnavailable as error:
        pytest.skip(str(error))


def test_a_profile_gives_its_models_to_the_roles_that_are_left_open() -> None:
    assert ModelNames().with_profile("nano") == ModelNames(picture="nano:", appearance="nano:", video="nano:")


def test_a_profile_leaves_what_was_asked_for_by_name() -> None:
    names = ModelNames(picture="off", words="offline:", device="cpu")
    assert names.with_profile("nano") == ModelNames("off", "nano:", "offline:", video="nano:", device="cpu")


def test_a_plugin_that_is_not_installed_is_named_beside_those_that_are() -> None:
    with pytest.raises(ModelUnavailable, match=r"no plugin brings models named 'giga'; installed: .*nano"):
        find_plugin("giga")


def test_a_model_that_a_plugin_has_no_name_for_is_refused_with_the_plugin() -> None:
    with pytest.raises(ModelUnavailable, match="named 'giga'"):
        load_one("picture", "giga:")


def test_a_model_of_a_plugin_is_remembered_by_the_name_of_the_plugin(nano: None) -> None:
    assert load_one("picture", "nano:").tag.name == "nano:"
