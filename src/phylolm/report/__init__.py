"""One HTML file with everything a study found, readable offline for years.

Here: nothing but names. Inside: `content` (what a report shows), `page` (the HTML), `pictures`,
`caveats`, `html` (escaping and tables). Next door: `phylolm.figures` draws the pictures.
"""

from __future__ import annotations

from pathlib import Path

from phylolm.report.content import KinRow, Report, Truth, nearest_kin

__all__ = ["KinRow", "Report", "Truth", "nearest_kin", "write_report"]


def write_report(path: Path | str, report: Report) -> None:
    """Write the report as one HTML file, whole or not at all; the same report, the same bytes."""
    from phylolm.files import write_text
    from phylolm.report.page import render

    write_text(Path(path), render(report))
