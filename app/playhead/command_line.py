"""Classes behind every `playhead` command: examples in the help text, and old names of options.

A command's docstring is its help text. A last section `Examples:` in it is shown line by line, as it stands:
each line is a command that can be copied, or a line without `playhead` that explains the ones below it.
"""

import copy
import shlex
from collections.abc import Callable, Iterator
from typing import Any

import typer
from typer.core import TyperCommand, TyperGroup

EXAMPLES = "\nExamples:\n"
PROGRAM = "playhead"
OLD_NAMES = {
    "--modality": ("--lane",),
    "--max-clips": ("--looks",),
    "--max-frames": ("--frames",),
}
"""Names under which options were known before; they work in every command that has the new name, and no help
text or completion offers them."""


class Command(TyperCommand):
    """A command whose help text ends with examples, and whose options also go by their old names."""

    def __init__(self, name: str | None, *, help: str | None = None, **settings: Any) -> None:
        text, _, examples = (help or "").partition(EXAMPLES)
        super().__init__(name, help=text.rstrip() or None, **settings)
        self.examples = tuple(line.strip() for line in examples.splitlines() if line.strip())

    def make_parser(self, ctx: Any) -> Any:
        """The parser of the command's arguments, which takes old names of options as well."""
        parser = super().make_parser(ctx)
        for param in self.get_params(ctx):
            old = [name for new in param.opts for name in OLD_NAMES.get(new, ()) if name not in param.opts]
            if old:
                alias = copy.copy(param)
                alias.opts, alias.secondary_opts = old, []
                alias.add_to_parser(parser, ctx)
        return parser

    def format_epilog(self, ctx: Any, formatter: Any) -> None:
        """Writes the examples, each on a line of its own, however long it is."""
        super().format_epilog(ctx, formatter)
        if self.examples:
            with formatter.section("Examples"):
                for line in self.examples:
                    formatter.write(f"{'':{formatter.current_indent}}{line}\n")


class Group(TyperGroup):
    """The `playhead` command itself: its commands in the order in which they were added."""

    def format_epilog(self, ctx: Any, formatter: Any) -> None:
        """Writes how to get help on a command."""
        formatter.write_paragraph()
        formatter.write_text(f"{PROGRAM} help COMMAND shows the options and examples of a command.")


class App(typer.Typer):
    """A Typer application whose commands are of class `Command`, those of plugins too."""

    def command(self, name: str | None = None, **settings: Any) -> Callable[..., Any]:
        """A decorator that adds a function as a command."""
        return super().command(name, **{"cls": Command, **settings})


def commands_of(app: typer.Typer) -> dict[str, Command]:
    """The commands of an application by name, without hidden ones, in the order of its help."""
    group = typer.main.get_command(app)
    commands: dict[str, Command] = group.commands  # type: ignore[attr-defined]
    return {name: command for name, command in commands.items() if not command.hidden}


def help_text(app: typer.Typer, name: str = "", width: int = 100) -> str:
    """What `playhead NAME --help` prints at a width in characters; the help of `playhead` for no name."""
    group = typer.main.get_command(app)
    context = typer.Context(group, info_name=PROGRAM, terminal_width=width, max_content_width=width)
    if not name:
        return group.get_help(context)
    command = group.commands[name]  # type: ignore[attr-defined]
    return str(command.get_help(typer.Context(command, info_name=name, parent=context)))


def example_arguments(command: Command) -> Iterator[list[str]]:
    """The words after `playhead` of each example of a command.

    Variables set in front of the command, a pipe and a redirection behind it are left out.
    """
    for line in command.examples:
        words = shlex.split(line.split(" | ")[0].split(" > ")[0], comments=True)
        if PROGRAM in words:
            yield words[words.index(PROGRAM) + 1 :]
