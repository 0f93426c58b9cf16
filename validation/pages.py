"""Pages of real data, as people get them: their sizes, and a look at each view.

Writes docs/validation/pages.md and docs/pictures/. Needs Chromium (see tests/browser.py).
"""

from __future__ import annotations

import io
import subprocess
import sys
from pathlib import Path
from typing import Any

import pandas as pd

from phylolm.page import page_data, page_of
from phylolm.page.html import page_html
from phylolm.page.source_bank import of_bank
from phylolm.page.sources import Wanted, finished
from phylolm.tree.analysis import TreeOptions
from tests.browser import DESKTOP, PHONE, chromium, visit
from validation.common import ROOT, WORK, reference, table, write
from validation.recorded import bank_of_answers

PICTURES = ROOT / "docs" / "pictures"
CIRCLE = "s.tree.shape=circular"

BENCHMARKS = ["ARC", "HellaSwag", "MMLU", "TruthfulQA", "Winogrande", "GSM8K"]

LOOKS = {
    "study-tree": ("study", f"view=tree&{CIRCLE}&s.tree.rings=family%7Caccess", DESKTOP, "light"),
    "study-map": ("study", "view=map", DESKTOP, "light"),
    "study-heatmap": ("study", "view=heatmap", DESKTOP, "dark"),
    "study-scores": ("study", "view=scores", DESKTOP, "light"),
    "study-compare": ("study", "view=compare", DESKTOP, "light"),
    "answers-tree": ("answers", f"view=tree&{CIRCLE}&colour=family", DESKTOP, "dark"),
    "answers-model": ("answers", "view=map&colour=family&model=100", DESKTOP, "light"),
    "atlas-tree": ("atlas", f"view=tree&{CIRCLE}", DESKTOP, "light"),
    "atlas-map": ("atlas", "view=map", DESKTOP, "dark"),
    "atlas-graph": ("atlas", "view=graph", DESKTOP, "light"),
    "atlas-scatter": ("atlas", "view=scatter", DESKTOP, "light"),
    "atlas-words": ("atlas", "view=clouds", DESKTOP, "light"),
    "atlas-phrases": ("atlas", "view=ngrams", DESKTOP, "light"),
    "atlas-audit": ("atlas", "view=findings", DESKTOP, "light"),
    "atlas-statistics": ("atlas", "view=statistics", DESKTOP, "light"),
    "demo-tree": ("demo", "view=tree", DESKTOP, "light"),
    "phone-tree": ("demo", "view=tree", PHONE, "light"),
    "phone-model": ("demo", "view=tree&model=3", PHONE, "light"),
    "phone-map": ("study", "view=map", PHONE, "dark"),
    "phone-heatmap": ("study", "view=heatmap", PHONE, "light"),
    "phone-compare": ("study", "view=compare", PHONE, "light"),
    "phone-graph": ("atlas", "view=graph", PHONE, "dark"),
    "phone-scatter": ("atlas", "view=scatter", PHONE, "light"),
    "phone-words": ("atlas", "view=clouds", PHONE, "light"),
    "phone-phrases": ("atlas", "view=ngrams", PHONE, "light"),
    "phone-scores": ("study", "view=scores", PHONE, "dark"),
    "phone-audit": ("atlas", "view=findings", PHONE, "light"),
    "phone-statistics": ("atlas", "view=statistics", PHONE, "dark"),
}
"""Picture to page, what of it, screen and colour scheme."""


def main() -> None:
    folder = WORK / "pages"
    folder.mkdir(parents=True, exist_ok=True)
    files = {name: _written(folder / f"{name}.html", make()) for name, make in PAGES.items()}
    PICTURES.mkdir(parents=True, exist_ok=True)
    with chromium() as browser:
        for name, (page, state, size, scheme) in LOOKS.items():
            _look(
                browser, f"{files[page].as_uri()}#{state}", PICTURES / f"{name}.png", size, scheme
            )
    rows = [(TITLES[name], f"{path.stat().st_size / 1e3:,.0f} kB") for name, path in files.items()]
    write(
        "pages",
        "The page on real data",
        "Each page is one file that works from disk, with all its data.",
        table(["page", "file"], rows),
        *[_shown(name) for name in LOOKS],
    )


def _study() -> bytes:
    wanted = Wanted(
        title="PhyloLM: 127 models",
        metadata=reference("phylolm/models.csv"),
        similarity=True,
        beside=(reference("phylolm/nj_tree_math_completion.nwk"),),
        scores=_some_scores(),
    )
    return page_of(reference("phylolm/similarity_math_completion.csv"), wanted)


def _some_scores() -> Path:
    """The study's scores but for every fifth model's, which the page then shows forecast."""
    scores = pd.read_csv(reference("phylolm/benchmark_scores.csv"))
    named = scores[["engine", *BENCHMARKS]].rename(columns={"engine": "model"})
    path = WORK / "pages" / "scores.csv"
    named[named.index % 5 != 0].to_csv(path, index=False)
    return path


def _answers() -> bytes:
    bank, _ = bank_of_answers("random100")
    wanted = Wanted(title="Recorded answers of 913 models")
    return page_data(finished(of_bank(bank, TreeOptions(replicates=100)), wanted))


def _atlas() -> bytes:
    from phylolm.atlas.build import build
    from phylolm.atlas.catalogue import read_catalogue

    folder = WORK / "atlas-15821"
    if not (folder / "atlas.json").is_file():
        build(read_catalogue(reference("hub/constellation_2023-07_textgen.csv.gz")), folder)
    return page_of(folder, Wanted(title="Text generation on the hub, July 2023"))


def _demo() -> bytes:
    folder = WORK / "demo"
    if not (folder / "tree.nwk").is_file():
        command = [sys.executable, "-c", "from phylolm.cli import main; main()", "demo"]
        subprocess.run([*command, "--output", str(folder)], check=True)
    return page_of(folder)


PAGES = {"study": _study, "answers": _answers, "atlas": _atlas, "demo": _demo}
TITLES = {
    "study": "127 models of the published study, with metadata",
    "answers": "913 real models, 100 recorded answers each",
    "atlas": "15,821 models of the hub, by name",
    "demo": "a grown zoo, 128 genes",
}


def _written(path: Path, data: bytes) -> Path:
    path.write_text(page_html(data), encoding="utf-8")
    return path


def _look(browser: Any, url: str, path: Path, size: tuple[int, int], scheme: str) -> None:
    """A picture of the page in 256 colours: it is to be small, and looks the same."""
    from PIL import Image

    with visit(browser, url, size, color_scheme=scheme) as seen:
        seen.page.wait_for_timeout(1200)
        assert not seen.complaints, seen.complaints
        shot = Image.open(io.BytesIO(seen.page.screenshot())).convert("RGB")
    shot.quantize(256, Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE).save(
        path, optimize=True
    )


def _shown(name: str) -> str:
    width = 300 if name.startswith("phone") else 900
    return f'<img src="../{PICTURES.name}/{name}.png" width="{width}" alt="{name}">'
