"""Plugins that bring models: entry points of the group `playhead.models`."""

from importlib.metadata import entry_points
from typing import Protocol

from playhead_index.errors import ModelUnavailable

PLUGINS = "playhead.models"
"""Entry points that bring models: a function from a role to the model's name, and the roles that it has.

A model of the plugin `nano` is named `nano:` in every role; that name is what a library remembers, so a
plugin may move its files.
"""


class ModelPlugin(Protocol):
    """What an entry point of `playhead.models` gives."""

    roles: tuple[str, ...]
    """Of `picture`, `appearance`, `words`, `speech` and `video`, those that it has a model for."""

    def name_of(self, role: str) -> str:
        """The model's name in the form that the role's loader takes, such as `local-dir:FOLDER`."""
        ...


def find_plugin(name: str) -> ModelPlugin:
    """The plugin of a name.

    Raises:
        ModelUnavailable: no such plugin is installed.
    """
    found = {entry.name: entry for entry in entry_points(group=PLUGINS)}
    if name not in found:
        raise ModelUnavailable(
            f"no plugin brings models named {name!r}; installed: {', '.join(found) or 'none'}"
        )
    plugin: ModelPlugin = found[name].load()
    return plugin
