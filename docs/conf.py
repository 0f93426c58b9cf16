"""The documentation site; `make docs` builds it.

Pages of the reference that can be generated are: commands from the command line itself, public
names from their docstrings.
"""

import re
import subprocess
import sys
from pathlib import Path

from sphinx.application import Sphinx

import phylolm
from phylolm import models

HERE = Path(__file__).parent
GENERATED = HERE / "reference" / "generated"

project = "phylolm"
author = "the phylolm developers"
release = version = phylolm.__version__
extensions = [
    "myst_nb",
    "sphinx.ext.autodoc",
    "sphinx.ext.napoleon",
    "sphinx.ext.viewcode",
]
myst_enable_extensions = ["colon_fence", "deflist"]
myst_heading_anchors = 3
nb_execution_mode = "cache"
nb_execution_raise_on_error = True
nb_execution_timeout = 120
exclude_patterns = ["_build"]
suppress_warnings = ["myst.header", "mystnb.unknown_mime_type"]
autodoc_typehints = "signature"
autodoc_member_order = "bysource"
autodoc_preserve_defaults = True

html_theme = "pydata_sphinx_theme"
html_title = "phylolm"
html_theme_options = {
    "navigation_with_keys": False,
    "show_toc_level": 2,
    "header_links_before_dropdown": 6,
    "secondary_sidebar_items": ["page-toc"],
}


def write_reference(_: Sphinx) -> None:
    """commands.md, api.md and backends_api.md, made anew at every build."""
    GENERATED.mkdir(parents=True, exist_ok=True)
    commands = GENERATED / "commands.md"
    typer = [sys.executable, "-m", "typer", "phylolm.cli", "utils", "docs", "--name", "phylolm"]
    subprocess.run([*typer, "--output", str(commands)], check=True, stdout=subprocess.DEVNULL)
    commands.write_text(commands.read_text().replace("# `phylolm`", "# Commands", 1))
    (GENERATED / "api.md").write_text(names_page("Python", "phylolm", phylolm.__all__))
    extension = names_page("Extension points", "phylolm.models", models.__all__)
    (GENERATED / "extension_points.md").write_text(extension)


def names_page(title: str, module: str, names: list[str]) -> str:
    """A page with every public name of a module, from its docstring."""
    home = sys.modules[module]
    blocks = [f"# {title}\n\nAll of `{module}`, in alphabetical order.\n"]
    for name in sorted(names, key=str.lower):
        if name == "__version__":
            continue
        thing = getattr(home, name)
        kind = "autoclass" if isinstance(thing, type) else "autofunction"
        again = ":no-index:\n" if module != "phylolm" and name in phylolm.__all__ else ""
        members = ":members:\n" if kind == "autoclass" and not issubclass(thing, Exception) else ""
        target = f"{thing.__module__}.{thing.__qualname__}"
        directive = f".. {kind}:: {target}\n{indent(members + again)}"
        blocks.append(f"## {name}\n\n```{{eval-rst}}\n{directive}```\n")
    return "\n".join(blocks)


ARGUMENT = re.compile(r"([a-z_]\w*(?:, [a-z_]\w*)*): ")


def list_arguments(app: Sphinx, what: str, name: str, thing: object, options: object,
                   lines: list[str]) -> None:  # fmt: skip
    """Docstrings say "name: what it is" in running text; on the site that is a list."""
    found: list[str] = []
    listing = False
    for line in lines:
        argument = ARGUMENT.match(line)
        if argument:
            found += ([] if listing else [""]) + [f"* ``{argument[1]}``: {line[argument.end() :]}"]
            listing = True
        elif listing and line.strip():
            found.append(f"  {line.strip()}")
        else:
            listing = False
            found.append(line)
    lines[:] = found


def indent(text: str) -> str:
    return "".join(f"   {line}\n" for line in text.splitlines())


def setup(app: Sphinx) -> None:
    app.connect("builder-inited", write_reference)
    app.connect("autodoc-process-docstring", list_arguments, priority=400)
