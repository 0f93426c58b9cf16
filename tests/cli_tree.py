"""All commands of phylolm, by name, and parsing without running."""

import typer.main

from phylolm.cli import app

ROOT = typer.main.get_command(app)


def _walk(group, name=""):
    for each, command in group.commands.items():
        whole = f"{name} {each}".strip()
        if hasattr(command, "commands"):
            yield from _walk(command, whole)
        else:
            yield whole, command


COMMANDS = dict(_walk(ROOT))
"""Every command that does something: "tree", "atlas family", …"""


def parse(words):
    """Parse a command line, without "phylolm", as far as the command's own options.

    Raises what Typer raises for a command line that is wrong.
    """
    command, name = ROOT, "phylolm"
    while hasattr(command, "commands"):
        name, *words = words
        command = command.commands[name]
    return command.make_context(name, list(words)).params
