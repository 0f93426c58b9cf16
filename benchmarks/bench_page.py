"""How fast the page is in a browser without a GPU, beside named peers in the same run.

    .venv/bin/python benchmarks/bench_page.py [ATLAS] [--study SIMILARITIES] [--only tree points]

ATLAS: a folder of an atlas, or a catalogue to build one of; without it the tree is a random one
of 15,821 leaves. SIMILARITIES: of a study, for the size of its page. The peers are used where they
are installed: `cd benchmarks/page && npm ci`.

A redraw is the script that draws and the raster, until a pixel can be read back. An answer is the
time from a turn of the wheel or a move of the mouse until two frames later a pixel can be read
back; the browser shows frames as fast as they come. Half of the redraws are at the whole picture
and half on the way to 32 times nearer. Medians, then in brackets 95th percentiles.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import page_inputs as inputs
from bench_trees import yule
from page_browser import PEERS, Times, browser, opened, serve

from phylolm.atlas.atlas_folder import Atlas, open_atlas
from phylolm.atlas.build import BuildOptions, build
from phylolm.atlas.catalogue import read_catalogue
from phylolm.page.html import page_html
from phylolm.page.ofatlas import atlas_bundle
from phylolm.page.ofstudy import Shown, study_bundle
from phylolm.page.sources import Wanted, open_source

LEAVES, EDGES = 15_821, 100_000
WHEELS_OF_PEERS = 8
QUERIES = ("llama", "llama 7b chat", "owner-42/", "v199999", "qwen code", "e")
TYPOS = ("lamma-instruct", "mistrall-code", "gema-chatt")
Moves = dict[str, Times]


class Bench:
    """A running browser, a folder for pages, and the address of the peers, if they are there."""

    def __init__(self, running: Any, folder: Path, atlas: Atlas | None) -> None:
        self._running, self._folder, self._atlas = running, folder, atlas
        self.ratios: list[str] = []

    def parts(self) -> dict[str, Callable[[], Iterator[str]]]:
        return {
            "tree": self.tree, "points": self.points, "graph": self.graph,
            "heatmap": self.heatmap, "search": self.search,
        }  # fmt: skip

    def tree(self) -> Iterator[str]:
        if self._atlas:
            name, tree, data = "the atlas", self._atlas.tree(), atlas_bundle(self._atlas)
        else:
            tree = yule(LEAVES, np.random.default_rng(0))
            name, data = "a random tree", study_bundle(Shown("A random tree", tree))
        page = self._page(data)
        yield f"tree of {name}, {len(tree.leaf_names):,} leaves"
        ours = {}
        for shape, type_ in (("rectangular", "rc"), ("circular", "cr")):
            with opened(self._running, f"{page}#view=tree&s.tree.shape={shape}") as seen:
                ours[type_] = seen.moved()
                ready, drawn = seen.reached["ready"], seen.reached["drawn"]
                yield f"  {shape}: ready after {ready:.0f} ms, aim below 1000; drawn {drawn:.0f} ms"
                yield _told(ours[type_], 10 if type_ == "rc" else 20)
        with serve({"tree.nwk": tree.to_newick().encode()}) as address:
            for type_, moves in ours.items():
                label = f"phylocanvas.gl {dict(rc='rectangular', cr='circular')[type_]}"
                yield from self._peer(label, f"{address}/phylocanvas.html?type={type_}", moves)

    def points(self) -> Iterator[str]:
        few, many = inputs.Points(200_000), inputs.Points(2_000_000)
        for points in (many, few):
            with opened(self._running, f"{self._page(points.bundle())}#view=map") as seen:
                ours = seen.moved()
                yield f"map of {len(points):,} points"
                yield _told(ours, 10 if points is few else 50)
        with serve({"points.f32": few.floats()}) as address:
            yield from self._peer("regl-scatterplot", f"{address}/scatterplot.html", ours)

    def graph(self) -> Iterator[str]:
        graph = inputs.Graph(LEAVES, EDGES)
        with opened(self._running, f"{self._page(graph.bundle())}#view=graph") as seen:
            ours = seen.moved()
            yield f"graph of {LEAVES:,} models and {EDGES:,} edges"
            yield _told(ours, 50)
        with serve({"graph.json": graph.json()}) as address:
            yield from self._peer("sigma.js", f"{address}/sigma.html", ours)
            hidden = "sigma.js, edges hidden on the move"
            yield from self._peer(hidden, f"{address}/sigma.html?hide", ours)

    def heatmap(self) -> Iterator[str]:
        with opened(self._running, f"{self._page(inputs.matrix(2000))}#view=heatmap") as seen:
            yield "heatmap of 2,000 x 2,000"
            yield _told(seen.moved(), 17)

    def search(self) -> Iterator[str]:
        page = self._page(inputs.Points(200_000).bundle(named=True))
        with opened(self._running, page) as seen:
            yield "search of 200,000 names, a query typed until its suggestions show"
            yield f"  names that hold it {seen.suggested(QUERIES * 4)}, aim below 100"
            first = seen.suggested(TYPOS[:1])[0]
            typos = seen.suggested(TYPOS * 4)
            yield f"  names most like it {typos}, the first such query {first:.0f} ms"

    def _page(self, data: bytes) -> str:
        path = self._folder / "page.html"
        path.write_text(page_html(data), encoding="utf-8")
        return path.as_uri()

    def _peer(self, name: str, url: str, ours: Moves) -> Iterator[str]:
        if not (PEERS / "node_modules").is_dir():
            self.ratios.append(f"{name}: not installed")
            return
        try:
            with opened(self._running, url) as seen:
                theirs = seen.moved(WHEELS_OF_PEERS, drags=0)
        except Exception as error:  # a peer that fails is a result, too
            self.ratios.append(f"{name}: did not run ({str(error).splitlines()[0][:80]})")
            return
        what = "redraws" if theirs["redraws"] else "answers"
        ratio = theirs[what].median / ours[what].median
        self.ratios.append(f"{name} takes {ratio:.0f} times as long ({what})")
        yield f"  {name}: {what[:-1]} {theirs[what]}"


def _told(moves: Moves, aim: int) -> str:
    redraws, scripts, answers = (moves[name] for name in ("redraws", "scripts", "answers"))
    return f"    redraw {redraws}, aim below {aim}; of it script {scripts}; answer {answers}"


def _opened_atlas(source: Path, folder: Path) -> Atlas:
    if source.is_dir():
        return open_atlas(source)
    build(read_catalogue(source), folder / "atlas", BuildOptions(pictures=False))
    return open_atlas(folder / "atlas")


def _sizes(atlas: Atlas | None, study: Path | None) -> Iterator[str]:
    if atlas:
        yield _size(f"the atlas of {len(atlas.models):,} models", atlas_bundle(atlas))
    if study:
        shown = open_source(study, Wanted(similarity=True))
        assert isinstance(shown, Shown)
        yield _size(f"the study of {len(shown.names)} models", study_bundle(shown))


def _size(name: str, data: bytes) -> str:
    return f"one HTML file of {name}: {len(page_html(data)) / 1e6:.2f} MB"


def _setting(version: str) -> Iterator[str]:
    yield f"Chromium {version}, headless, no GPU: WebGL is drawn by the processor (SwiftShader)."
    yield "No claim is made for browsers with a GPU, for which the peers are made."
    lock = PEERS / "package.json"
    versions = json.loads(lock.read_text(encoding="utf-8"))["dependencies"]
    named = ("@phylocanvas/phylocanvas.gl", "regl-scatterplot", "sigma", "graphology")
    yield "peers: " + ", ".join(f"{name.rpartition('/')[2]} {versions[name]}" for name in named)
    yield f"load before this run: {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("atlas", type=Path, nargs="?")
    parser.add_argument("--study", type=Path)
    parser.add_argument("--only", nargs="*")
    chosen = parser.parse_args()
    program = shutil.which("chromium") or shutil.which("chromium-browser")
    if program is None:
        sys.exit("no Chromium here: apt-get install chromium")
    with tempfile.TemporaryDirectory() as name, browser(program) as running:
        folder = Path(name)
        atlas = _opened_atlas(chosen.atlas, folder) if chosen.atlas else None
        setting = list(_setting(running.version))
        bench, lines = Bench(running, folder, atlas), []
        for part, told in bench.parts().items():
            if not chosen.only or part in chosen.only:
                for line in told():
                    print(line, file=sys.stderr, flush=True)
                    lines.append(line)
        lines += _sizes(atlas, chosen.study)
    print("\n".join([*bench.ratios, "", *lines, "", *setting]))


if __name__ == "__main__":
    main()
