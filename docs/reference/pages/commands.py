"""The pages of commands, from the command line itself: one a command or group of commands."""

import re
from typing import Any

import typer.main

from phylolm.cli import app

ROOT = typer.main.get_command(app)


def pages() -> dict[str, str]:
    """File name -> text of every page; "commands" is the list of all."""
    made = {"commands": overview()}
    for name, command in ROOT.commands.items():
        made[f"commands/{name}"] = page(name, command)
    return made


def overview() -> str:
    """All commands by what people do, each with the question it answers."""
    lines = [
        "# Commands\n",
        "`-h` or `--help` shows help in the terminal, `phylolm --version` the version.\n",
    ]
    for panel in panels(ROOT.commands.values()):
        lines.append(f"## {panel}\n")
        lines += table(
            (f"[`phylolm {name}`](commands/{name}.md)", first_paragraph(command))
            for name, command in ROOT.commands.items()
            if command.rich_help_panel == panel
        )
    files = "\n".join(f"commands/{name}" for name in ROOT.commands)
    lines.append(f"```{{toctree}}\n:hidden:\n{files}\n```\n")
    return "\n".join(lines)


def page(name: str, command: Any) -> str:
    """One command, or a group with all of its commands."""
    if not hasattr(command, "commands"):
        return f"# phylolm {name}\n\n{body(name, command)}"
    lines = [f"# phylolm {name}\n", f"{command.help}\n"]
    lines += table(
        (f"[`{each}`](#phylolm-{name}-{each})", first_paragraph(one))
        for each, one in command.commands.items()
    )
    lines += [
        f"## phylolm {name} {each}\n\n{body(f'{name} {each}', one)}"
        for each, one in command.commands.items()
    ]
    return "\n".join(lines)


def body(name: str, command: Any) -> str:
    """What a command answers, its example, its usage, its arguments and options."""
    context = command.make_context(f"phylolm {name}", [], resilient_parsing=True)
    *paragraphs, example = re.split(r"\n\s*\n", command.help)
    usage = f"phylolm {name} {' '.join(command.collect_usage_pieces(context))}"
    lines = [
        *(f"{' '.join(each.split())}\n" for each in paragraphs),
        block(" ".join(example.removeprefix("Example:").split())),
        f"Usage: `{usage}`\n",
    ]
    described = [each for each in command.params if not each.hidden]
    for heading in panels(described):
        lines.append(f"**{heading or 'Arguments and options'}**\n")
        for each in described:
            if each.rich_help_panel == heading:
                spelled, text = each.get_help_record(context)
                lines.append(f"`{spelled}`\n: {escaped(text)}\n")
    return "\n".join(lines)


def panels(things: Any) -> list[Any]:
    """The headings under which help shows things, in order."""
    return list(dict.fromkeys(each.rich_help_panel for each in things))


def first_paragraph(command: Any) -> str:
    return " ".join(re.split(r"\n\s*\n", command.help)[0].split())


def table(rows: Any) -> list[str]:
    return ["| command | answers |\n|---|---|", *(f"| {a} | {b} |" for a, b in rows), ""]


def block(example: str) -> str:
    return f"```console\n$ {example}\n```\n"


def escaped(text: str) -> str:
    """Text that Markdown would read as HTML, emphasis or code that isn't meant so."""
    return re.sub(r"([<*])", r"\\\1", text)
