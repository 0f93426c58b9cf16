"""JSON schemas of what the package writes, from the types it writes them from."""

import json
import types
from dataclasses import MISSING, fields
from typing import Any, get_args, get_origin, get_type_hints

from phylolm.bank.parts import PartHeader

PLAIN = {str: "string", int: "integer", float: "number", bool: "boolean", types.NoneType: "null"}


def part_header() -> dict[str, Any]:
    """The schema of a bank part's header."""
    hints = get_type_hints(PartHeader)
    required = [
        each.name
        for each in fields(PartHeader)
        if each.default is MISSING and each.default_factory is MISSING
    ]
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Header of a bank's part",
        "type": "object",
        "properties": {each.name: schema_of(hints[each.name]) for each in fields(PartHeader)},
        "required": required,
        "additionalProperties": False,
    }


def schema_of(kind: Any) -> dict[str, Any]:
    """The schema of a type that dataclasses here are made of."""
    if kind in PLAIN:
        return {"type": PLAIN[kind]}
    if get_origin(kind) is types.UnionType:
        return {"type": [PLAIN[each] for each in get_args(kind)]}
    if get_origin(kind) is tuple:
        return {"type": "array", "items": schema_of(get_args(kind)[0])}
    if get_origin(kind) is dict:
        return {"type": "object"}
    raise TypeError(f"no schema is known for {kind}")


def pages() -> dict[str, str]:
    """File name -> text."""
    return {"part-header.schema.json": json.dumps(part_header(), indent=2) + "\n"}
