"""One HTML file with page and data: it works from disk and asks nobody for anything.

Here: the document and what it may do. Next door: `assets` has script and style, `bundle` the data,
`space` and `notebook` put the file elsewhere.
"""

from __future__ import annotations

import base64
import hashlib
import re

from phylolm.page.assets import asset
from phylolm.page.bundle import unpack, zipped
from phylolm.report.html import text

NOSCRIPT = "This page draws with JavaScript; it is switched off here."

_CLOSES = re.compile(r"<(?=/?script[\s/>])", re.IGNORECASE)
"""What would end an inline script, or change how its end is found."""

_DOCUMENT = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="generator" content="phylolm">
<title>{title}</title>
<style>{style}</style>
</head>
<body>
<div id="app"></div>
<noscript>{noscript}</noscript>
<script type="application/gzip+base64" id="bundle">{data}</script>
<script type="module">{script}</script>
</body>
</html>
"""


def page_html(data: bytes) -> str:
    """The page of a bundle. Raises ConfigError where the page's script isn't built."""
    content, _ = unpack(data)
    script = _CLOSES.sub(r"\\x3c", asset("page.js"))
    style = re.sub("</(?=style)", r"<\\/", asset("page.css"), flags=re.IGNORECASE)
    return _DOCUMENT.format(
        policy=policy(script, style),
        title=text(title_of(content["title"])),
        style=style,
        noscript=NOSCRIPT,
        data=base64.b64encode(zipped(data)).decode("ascii"),
        script=script,
    )


def policy(script: str, style: str) -> str:
    """What the file may do: run its own script, use its own style, draw; nothing else."""
    return (
        f"default-src 'none'; script-src '{_digest(script)}'; style-src '{_digest(style)}'; "
        "img-src data: blob:; connect-src 'none'; base-uri 'none'; form-action 'none'"
    )


def title_of(title: str) -> str:
    """The title of the browser's tab."""
    return f"{title} · phylolm" if title else "phylolm"


def _digest(content: str) -> str:
    digest = hashlib.sha256(content.encode("utf-8")).digest()
    return f"sha256-{base64.b64encode(digest).decode('ascii')}"
