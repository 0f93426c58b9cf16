"""The pages of public names, from their docstrings: one a folder of the package."""

import inspect
import re
from typing import Any

import phylolm
from phylolm import models

ORDER = (
    "genome", "models", "sequencing", "bank", "distance", "tree", "ancestry", "predict", "study",
    "figures", "page", "atlas", "errors",
)  # fmt: skip
"""Folders in the order data flow, as the package's docstring has them."""


def pages() -> dict[str, str]:
    """File name -> text: "api" lists all names, "api/FOLDER" describes them."""
    made = {"api": overview(), "extension_points": extension_points()}
    for folder in folders():
        heading = inspect.getdoc(__import__(f"phylolm.{folder}", fromlist="x")).split("\n")[0]
        text = f"# {folder}\n\n{heading}\n\n"
        made[f"api/{folder}"] = text + directives("phylolm", names_in(folder))
    return made


def overview() -> str:
    """Every name with the first line of its docstring."""
    lines = ["# Python\n", "```python\nimport phylolm as pl\n```\n"]
    for folder in folders():
        lines += [f"## [{folder}](api/{folder}.md)\n", "| name | is |\n|---|---|"]
        for name in names_in(folder):
            lines.append(f"| {{py:obj}}`pl.{name} <phylolm.{name}>` | {first_line(name)} |")
        lines.append("")
    files = "\n".join(f"api/{folder}" for folder in folders())
    lines.append(f"```{{toctree}}\n:hidden:\n{files}\n```\n")
    return "\n".join(lines)


def extension_points() -> str:
    """Every name of `phylolm.models`."""
    text = (
        "# Extension points\n\n"
        "What a backend of another package is written with; see [a backend of your own]"
        "(../../backends.md). All of `phylolm.models`:\n\n"
    )
    return text + directives("phylolm.models", models.__all__)


def public_names() -> dict[str, Any]:
    """All of `phylolm.__all__` but the version."""
    return {name: getattr(phylolm, name) for name in phylolm.__all__ if not name.startswith("__")}


def home_of(thing: Any) -> str:
    return str(thing.__module__).split(".")[1]


def folders() -> list[str]:
    """The folders public names live in."""
    found = {home_of(thing) for thing in public_names().values()}
    return sorted(found, key=lambda folder: (ORDER.index(folder), folder))


def names_in(folder: str) -> list[str]:
    return [name for name, thing in public_names().items() if home_of(thing) == folder]


def first_line(name: str) -> str:
    """The first sentence of a docstring, fit for a cell; where it begins with arguments, those."""
    paragraph = " ".join(inspect.getdoc(public_names()[name]).split("\n\n")[0].split())
    sentence = re.split(r"(?<=\w[.;])\s", paragraph)[0]
    if re.match(r"[a-z_]+: ", sentence):
        sentence = "Options: " + ", ".join(inspect.signature(public_names()[name]).parameters)
    return sentence.replace("|", "\\|").rstrip(";")


def directives(module: str, names: list[str]) -> str:
    """Autodoc's directives for names of a module."""
    home = models if module == "phylolm.models" else phylolm
    lines = [directive(module, name, getattr(home, name)) for name in names]
    return "```{eval-rst}\n" + "\n".join(lines) + "```\n"


def directive(module: str, name: str, thing: Any) -> str:
    options = []
    if isinstance(thing, type) and issubclass(thing, Exception):
        kind, options = "autoexception", [":show-inheritance:"]
    elif isinstance(thing, type):
        kind, options = "autoclass", [":members:"]
    else:
        kind = "autofunction"
    if module != "phylolm" and name in phylolm.__all__:
        options.append(":no-index:")
    return f".. {kind}:: {module}.{name}\n" + "".join(f"   {each}\n" for each in options)
