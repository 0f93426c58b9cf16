"""Names and sources for the page's tests, and the schema that its data must fit."""

from __future__ import annotations

import json
from importlib import resources

import numpy as np

from phylolm.distance.matrix import DistanceMatrix
from phylolm.page.bundle import array, unpack

HOSTILE = (
    "<script>alert(1)</script>",
    "</script><img src=x onerror=alert(1)>",
    "<!--<script>",
    "\u202eright to left \u05d0",
    "nul\0 in\x1b[31m it",
    "x" * 10_000,
    "lone \ud800 surrogate",
    "\U0001f333 =cmd() {\"'`&amp;",
)


def matrix(names, seed=0):
    """Distances between random points, one a name."""
    points = np.random.default_rng(seed).normal(size=(len(names), 3))
    values = np.linalg.norm(points[:, None] - points[None], axis=-1)
    return DistanceMatrix.checked(names, values)


def checked(data):
    """The manifest, once it fits the schema, and a reader of its numbers."""
    import jsonschema

    schema = resources.files("phylolm.page") / "bundle.schema.json"
    content, blob = unpack(data)
    jsonschema.validate(content, json.loads(schema.read_text(encoding="utf-8")))
    return content, lambda where: array(blob, where)
