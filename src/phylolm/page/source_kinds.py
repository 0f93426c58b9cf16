"""What kind of thing a path is, and which options a page of that kind takes.

Here: `kind_of`, which looks at what is there, and `refuse_others`. Next door: `sources` opens it.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from phylolm.bank.bank import MARKER
from phylolm.errors import ConfigError

ATLAS, BANK, DEMO, DISTANCES, STUDY, RESULTS, TREE = (
    *("an atlas", "a bank", "the demo", "distances"),
    *("a study", "a study's results", "a tree"),
)

TREES = (".nwk", ".newick", ".tree", ".nex", ".nexus", ".xml", ".phyloxml")
MATRICES = (".csv", ".parquet", ".phy")

SHOWN = (
    "a study.toml, its folder of results, a bank, the demo's folder, an atlas folder, distances "
    "(.csv, .parquet, .phy) or a tree (.nwk, .nex, .xml)"
)

_MEASURED = (STUDY, RESULTS, BANK, DEMO, DISTANCES, TREE)
_TAKEN_BY = {
    **dict.fromkeys(("--against", "--scores", "--families"), _MEASURED),
    **dict.fromkeys(("--method", "--root"), (BANK, DISTANCES)),
    **dict.fromkeys(("--bootstrap", "--measure", "--genome", "--allele-length", "--probes",
                     "--settings", "--mix-settings", "--min-answered"), (BANK,)),
    "--similarity": (DISTANCES,),
}  # fmt: skip
"""Options that only some kinds take, and which; all others go with everything."""


def kind_of(path: Path) -> str:
    """The kind of what is at a path. Raises ConfigError where a page can't show it."""
    if not path.exists():
        raise ConfigError(f"there is no {path}; a page shows {SHOWN}")
    found = _kind_of_folder(path) if path.is_dir() else _kind_of_file(path)
    if not found:
        raise ConfigError(f"{path} is nothing a page can show: give {SHOWN}")
    return found


def _kind_of_folder(path: Path) -> str:
    if (path / "atlas.json").is_file():
        return ATLAS
    if (path / MARKER).is_file():
        return BANK
    if any(path.glob("zoo-*/zoo.json")):
        return DEMO
    if (path / "tree.nwk").is_file() and (path / "distances.csv").is_file():
        return RESULTS
    return STUDY if (path / "study.toml").is_file() else ""


def _kind_of_file(path: Path) -> str:
    kinds = {".toml": STUDY, **dict.fromkeys(MATRICES, DISTANCES), **dict.fromkeys(TREES, TREE)}
    return kinds.get(path.suffix, "")


def refuse_others(path: Path, options: Iterable[str]) -> None:
    """Raises ConfigError where options were given that the kind of the path doesn't take.

    options: as they are typed ("--scores").
    """
    kind = kind_of(path)
    wrong = [each for each in options if kind not in _TAKEN_BY.get(each, (kind,))]
    if wrong:
        told = "; ".join(f"{each} is for {_listed(_TAKEN_BY[each])}" for each in wrong)
        raise ConfigError(f"{path} is {kind}: leave out {', '.join(wrong)} ({told})")


def _listed(kinds: tuple[str, ...]) -> str:
    return " or ".join(filter(None, (", ".join(kinds[:-1]), kinds[-1])))
