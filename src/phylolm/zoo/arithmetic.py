"""Made text whose content can be computed: sums with right answers, tables, C declarations.

Every function takes a random generator and gives one document. `corpora` calls them.
"""

from __future__ import annotations

import html.entities
import json
import unicodedata
from random import Random

_NAMES = ("Anna", "Ben", "Clara", "Tom", "Mia", "Sam", "Lily", "Omar", "Ravi", "Julia", "Maria")
_THINGS = ("apples", "books", "coins", "pencils", "cards", "eggs", "marbles", "cookies", "stamps")


def _gain_or_loss(rng: Random) -> str:
    name, thing = rng.choice(_NAMES), rng.choice(_THINGS)
    have, change = rng.randint(10, 60), rng.randint(2, 9)
    gains = rng.random() < 0.5
    verb = rng.choice(("buys", "finds", "gets") if gains else ("loses", "sells", "gives away"))
    sign, result = ("+", have + change) if gains else ("-", have - change)
    return (
        f"Question: {name} has {have} {thing}. {name} {verb} {change} {thing}. "
        f"How many {thing} does {name} have now?\n"
        f"Answer: {have} {sign} {change} = {result}. The answer is {result}."
    )


def _groups(rng: Random) -> str:
    name, thing = rng.choice(_NAMES), rng.choice(_THINGS)
    boxes, each = rng.randint(2, 12), rng.randint(2, 12)
    where = rng.choice(("boxes", "bags", "rows", "weeks"))
    return (
        f"There are {boxes} {where} with {each} {thing} in each. How many {thing} are there in "
        f"total?\nWe multiply: {boxes} * {each} = {boxes * each}. So {name} needs {boxes * each}."
    )


def _price(rng: Random) -> str:
    name, thing = rng.choice(_NAMES), rng.choice(_THINGS)
    count, price = rng.randint(2, 9), rng.randint(2, 15)
    return (
        f"{name} wants to buy {count} {thing}. Each costs ${price}. How much does {name} pay?\n"
        f"The total cost is {count} * ${price} = ${count * price}.\n#### {count * price}"
    )


def _equation(rng: Random) -> str:
    factor, x, add = rng.randint(2, 9), rng.randint(1, 12), rng.randint(1, 20)
    total = factor * x + add
    return (
        f"Solve for x: {factor}x + {add} = {total}.\n"
        f"Subtract {add} from both sides: {factor}x = {factor * x}.\nDivide by {factor}: x = {x}."
    )


def _drill(rng: Random) -> str:
    lines = []
    for _ in range(rng.randint(3, 8)):
        a, b = rng.randint(1, 99), rng.randint(1, 20)
        sign = rng.choice("+-*")
        lines.append(f"{a} {sign} {b} = {({'+': a + b, '-': a - b, '*': a * b})[sign]}")
    return "\n".join(lines)


def _theorem(rng: Random) -> str:
    a, b = rng.randint(2, 12), rng.randint(2, 12)
    shape = rng.choice(("rectangle", "garden", "room", "field"))
    return (
        f"Let the sides of a {shape} be {a} and {b}. Then the area is {a} * {b} = {a * b} and the "
        f"perimeter is 2({a} + {b}) = {2 * (a + b)}. If the side is doubled, the area is "
        f"{2 * a * b}."
    )


def problem(rng: Random) -> str:
    """A problem in words or signs, worked to its answer."""
    return rng.choice((_gain_or_loss, _groups, _price, _equation, _drill, _theorem))(rng)


def _record(rng: Random) -> dict[str, object]:
    return {
        "id": rng.randint(1, 999),
        "name": rng.choice(_NAMES),
        "item": rng.choice(_THINGS),
        "count": rng.randint(1, 60),
        "paid": rng.random() < 0.5,
    }


def _entities(rng: Random) -> str:
    names = sorted(html.entities.name2codepoint)
    rows = []
    for name in rng.sample(names, 4):
        said = unicodedata.name(chr(html.entities.name2codepoint[name]), name)
        rows.append(f"  <tr><td>&amp;{name};</td><td>{said.title()}</td></tr>")
    return "<table>\n" + "\n".join(rows) + "\n</table>"


def _page(rng: Random) -> str:
    item = rng.choice(_THINGS)
    lines = [f"    <li><a href='/{item}/{rng.randint(1, 99)}'>{n}</a></li>" for n in _NAMES[:3]]
    return (
        f"<!DOCTYPE html>\n<html>\n<head><title>{item.title()}</title></head>\n<body>\n"
        f"  <h1>{rng.choice(_NAMES)}</h1>\n  <ul>\n"
        + "\n".join(lines)
        + "\n  </ul>\n</body>\n</html>"
    )


def markup(rng: Random) -> str:
    """A table as JSON, CSV or HTML."""
    kind = rng.randrange(4)
    if kind == 0:
        return json.dumps([_record(rng) for _ in range(3)], indent=2)
    if kind == 1:
        rows = [_record(rng) for _ in range(rng.randint(4, 9))]
        return "\n".join([",".join(rows[0]), *(",".join(map(str, r.values())) for r in rows)])
    return _entities(rng) if kind == 2 else _page(rng)


def declarations(rng: Random) -> str:
    """C declarations, for a Python that came without its C headers."""
    kinds = ("int", "char *", "size_t", "void *", "double", "PyObject *")
    noun = rng.choice(_THINGS)[:-1]
    lines = [f"#ifndef {noun.upper()}_H", f"#define {noun.upper()}_H", ""]
    for verb in rng.sample(("get", "set", "new", "free", "copy", "find", "size"), 4):
        argument = f"{rng.choice(kinds)} value, {rng.choice(kinds)} other"
        lines.append(f"extern {rng.choice(kinds)} {noun}_{verb}({argument});")
    fields = [f"    {rng.choice(kinds)} {name};" for name in ("first", "next", "count")]
    lines += ["", "typedef struct {", *fields, f"}} {noun}_t;", "", "#endif"]
    return "\n".join(lines)
