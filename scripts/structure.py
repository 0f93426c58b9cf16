"""How the package is built: rooms, imports between them, circles, imports that run up, long files.

    python scripts/structure.py                 # this checkout
    python scripts/structure.py OTHER/CHECKOUT  # another one

A room is a file or a folder directly in src/phylolm. Imports under TYPE_CHECKING and inside
functions count as all others do; `phylolm/__init__.py`, whose names are looked up when first used,
does not. An import runs up when it closes a circle: in an order of the rooms that has as few of
them as can be, it points the wrong way.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import networkx as nx

PACKAGE = "phylolm"
LONG = 300


def modules_of(source: Path) -> dict[str, Path]:
    """Dotted name -> file, without the package's own __init__."""
    found = {}
    for path in sorted(source.rglob("*.py")):
        parts = path.relative_to(source).with_suffix("").parts
        name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
        if name:
            found[name] = path
    return found


def imports_of(path: Path, known: set[str]) -> Iterator[str]:
    """The modules of the package that a file imports, wherever in it."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == PACKAGE:
            base = (node.module or "").removeprefix(PACKAGE).lstrip(".")
            for alias in node.names:
                whole = f"{base}.{alias.name}".lstrip(".")
                yield whole if whole in known else base
        elif isinstance(node, ast.Import):
            for alias in node.names:
                yield alias.name.removeprefix(PACKAGE).lstrip(".")


def import_graph(modules: dict[str, Path]) -> nx.DiGraph:
    """Modules and their imports; a folder's docstring-only __init__ has none."""
    graph = nx.DiGraph()
    graph.add_nodes_from(modules)
    for name, path in modules.items():
        targets = set(imports_of(path, set(modules))) & set(modules)
        graph.add_edges_from((name, target) for target in targets if target != name)
    return graph


def room_of(module: str) -> str:
    return module.partition(".")[0]


def room_graph(graph: nx.DiGraph) -> nx.DiGraph:
    """Rooms, with the number of module imports between each two."""
    rooms = nx.DiGraph()
    rooms.add_nodes_from(map(room_of, graph))
    for one, other in graph.edges:
        pair = room_of(one), room_of(other)
        if pair[0] != pair[1]:
            count = rooms.get_edge_data(*pair, {"count": 0})["count"]
            rooms.add_edge(*pair, count=count + 1)
    return rooms


def circles(graph: nx.DiGraph) -> list[list[str]]:
    return [sorted(each) for each in nx.strongly_connected_components(graph) if len(each) > 1]


def upward(rooms: nx.DiGraph) -> int:
    """Module imports that must run up, in each circle the lighter way round (greedy)."""
    left, count = rooms.copy(), 0
    while not nx.is_directed_acyclic_graph(left):
        circle = nx.find_cycle(left)
        lightest = min(circle, key=lambda edge: (left.edges[edge]["count"], edge))
        count += left.edges[lightest]["count"]
        left.remove_edge(*lightest)
    return count


def main() -> None:
    root = Path(sys.argv[1] if len(sys.argv) > 1 else ".")
    source = root / "src" / PACKAGE
    modules = modules_of(source)
    graph = import_graph(modules)
    rooms = room_graph(graph)
    long = [p for p in source.rglob("*.py") if len(p.read_text().splitlines()) > LONG]
    between = int(rooms.size("count"))
    print(f"modules {len(modules)}, rooms {len(rooms)}, imports between rooms {between}")
    print(f"circles of rooms {len(circles(rooms))}, imports that run up {upward(rooms)}")
    print(f"circles of modules {len(circles(graph))}")
    for each in [*circles(rooms), *circles(graph)]:
        print("  " + ", ".join(each))
    print(f"files over {LONG} lines: {len(long)}")
    for path in sorted(long):
        print(f"  {len(path.read_text().splitlines())}  {path.relative_to(root)}")


if __name__ == "__main__":
    main()
