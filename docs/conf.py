"""The documentation site; `make docs` builds it.

Pages of the reference that can be generated are: commands from the command line itself, public
names from their docstrings, the schema of a bank's parts from their type (reference/pages).
"""

import inspect
import re
import sys
from pathlib import Path
from typing import Any

from sphinx.application import Sphinx

import phylolm

HERE = Path(__file__).parent
GENERATED = HERE / "reference" / "generated"
sys.path.insert(0, str(HERE / "reference"))

from pages import commands, names, schemas  # noqa: E402

project = "phylolm"
author = "the phylolm developers"
copyright = f"{author}. Apache-2.0"
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
smartquotes_action = "qe"  # "--option" keeps its dashes
autodoc_typehints = "signature"
autodoc_typehints_format = "short"
autodoc_member_order = "bysource"
autodoc_preserve_defaults = True
python_use_unqualified_type_names = True
python_maximum_signature_line_length = 80
toc_object_entries_show_parents = "hide"

html_theme = "pydata_sphinx_theme"
html_title = "phylolm"
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_show_sourcelink = False
html_theme_options = {
    "navigation_with_keys": False,
    "show_toc_level": 2,
    "header_links_before_dropdown": 6,
    "secondary_sidebar_items": ["page-toc"],
    "footer_start": ["copyright"],
    "footer_end": [],
}


def write_reference(_: Sphinx) -> None:
    """What is generated; files that stay the same are left alone, those of old builds go."""
    made = {
        **{f"{name}.md": text for name, text in {**commands.pages(), **names.pages()}.items()},
        **schemas.pages(),
    }
    for name, text in made.items():
        path = GENERATED / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            path.write_text(text, encoding="utf-8")
    for path in GENERATED.rglob("*.*"):
        if path.relative_to(GENERATED).as_posix() not in made:
            path.unlink()


ARGUMENT = re.compile(r"([a-z_]\w*(?:, [a-z_]\w*)*): ")


def list_arguments(app: Sphinx, what: str, name: str, thing: Any, options: object,
                   lines: list[str]) -> None:  # fmt: skip
    """Docstrings say "name: what it is" in running text; on the site that is a list."""
    found: list[str] = []
    listing = False
    for line in one_argument_a_line(lines, thing):
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


def one_argument_a_line(lines: list[str], thing: Any) -> list[str]:
    """Two arguments may share a line: "models: m names. genes: g ids."."""
    try:
        known = "|".join(inspect.signature(thing).parameters)
    except (TypeError, ValueError):
        return lines
    if not known:
        return lines
    beginning = re.compile(rf"(?<=[.;]) (?=(?:{known}): )")
    return [part for line in lines for part in beginning.split(line)]


def skip_fields(app: Sphinx, what: str, name: str, thing: Any, skip: bool,
                options: object) -> bool | None:  # fmt: skip
    """A named tuple's fields are in its signature, and say nothing of their own."""
    return True if str(getattr(thing, "__doc__", "")).startswith("Alias for field") else None


ARRAY = re.compile(
    r"~?[\w.]*ndarray\[tuple\[~?[\w.]*Any, \.\.\.\], ~?[\w.]*dtype\[~?(?:\w+\.)*(\w+)\]\]"
)


def shorten_signature(app: Sphinx, what: str, name: str, thing: object, options: object,
                      *texts: str | None) -> tuple[str | None, ...]:  # fmt: skip
    """Arguments and result with arrays as the code has them; protocols are called by nobody."""
    if getattr(thing, "_is_protocol", False):
        return "", None
    shorter = (text and ARRAY.sub(r"NDArray[\1]", text) for text in texts)
    return tuple(text and text.replace("<factory>", "...") for text in shorter)


def link_public_names(app: Sphinx, env: Any, node: Any, text: Any) -> Any:
    """Types in signatures are known by where they are written; their pages by their public name."""
    name = str(node.get("reftarget", "")).rpartition(".")[2]
    if node.get("refdomain") != "py" or name not in names.public_names():
        return None
    domain = env.domains.python_domain
    target = f"phylolm.{name}"
    return domain.resolve_xref(env, node["refdoc"], app.builder, "obj", target, node, text)


def setup(app: Sphinx) -> None:
    app.connect("builder-inited", write_reference)
    app.connect("autodoc-process-docstring", list_arguments, priority=400)
    app.connect("autodoc-skip-member", skip_fields)
    app.connect("autodoc-process-signature", shorten_signature)
    app.connect("missing-reference", link_public_names)
