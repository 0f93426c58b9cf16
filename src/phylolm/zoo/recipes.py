"""What a zoo is made of, as data: tokenizers, tiers, and one row for every model.

Here: the rows, and the checks and fingerprints computed from rows alone. Next door: `train`
knows how to follow a row; `grow` follows all of them in order; `truth` turns them into a tree.

Relations
    base       random weights, then training on a mix of corpora
    finetune   the parent trained further on one corpus, with some of the parent's own text
    lora       the same, but only a low-rank update of the weights, merged into them
    copy       the parent's files, byte for byte
    int8       the parent's weights rounded to 8 bits per channel, and back
    merge      the average of two models' weights
    distilled  without a parent: random weights trained on what the teacher would say next;
               with a parent: the parent trained on text the teacher wrote
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass

from phylolm.errors import ConfigError

# Raised whenever growing the same row would give other weights.
VERSION = 1

Mix = tuple[tuple[str, float], ...]


@dataclass(frozen=True)
class TokenizerRecipe:
    """A byte-level BPE: its size, its special tokens and what it learns from."""

    name: str
    entries: int
    start: str
    end: str
    pad: str
    starts_texts: bool
    mix: Mix

    @property
    def special(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys((self.start, self.end, self.pad)))


@dataclass(frozen=True)
class Recipe:
    """One model. `parents` are whose weights it starts from; a base has none."""

    name: str
    relation: str = "finetune"
    parents: tuple[str, ...] = ()
    mix: Mix = ()
    steps: int = 0
    lr: float = 0.0
    replay: float = 0.0
    arch: str = ""
    tokenizer: str = ""
    rank: int = 0
    teacher: str = ""


@dataclass(frozen=True)
class Tier:
    """A zoo: its models in an order that puts parents first, and how big everything is."""

    name: str
    tokenizers: tuple[TokenizerRecipe, ...]
    recipes: tuple[Recipe, ...]
    characters: int
    width: int
    layers: int
    rows: int
    length: int


def mix(text: str) -> Mix:
    """`"code 2, docs"` as (("code", 2.0), ("docs", 1.0))."""
    pairs = (part.split() for part in text.split(","))
    return tuple((pair[0], float(pair[1]) if len(pair) > 1 else 1.0) for pair in pairs)


BROAD = mix(
    "docs 2, stories 2, essays 2, dialogue 2, math 2, code 2, french, german, spanish, markup .5"
)
CODE = mix("code 5, headers 2, docs 3, markup 2, math, dialogue, stories .5")
TONGUES = mix("french 2, spanish 2, german 2, russian 2, veshan, tolu, essays 2, stories, docs")
LETTERS = mix("stories 4, essays 3, dialogue 3, tolu, math .5, docs")
EVERYTHING = mix(
    "code, docs, headers, markup, math, stories, essays, dialogue, french, spanish, german,"
    "russian, veshan, tolu"
)


def _wood(entries: int) -> TokenizerRecipe:
    end = "<|endoftext|>"
    return TokenizerRecipe("wood", entries, end, end, "<|pad|>", False, BROAD)


def _leaf(entries: int) -> TokenizerRecipe:
    return TokenizerRecipe("leaf", entries, "<s>", "</s>", "<pad>", True, EVERYTHING)


def _base(name: str, diet: Mix, arch: str, tokenizer: str, steps: int) -> Recipe:
    return Recipe(name, "base", (), diet, steps, 8e-3, arch=arch, tokenizer=tokenizer)


def _tuned(name: str, parent: str, diet: str, steps: int, lr: float, replay: float) -> Recipe:
    return Recipe(name, "finetune", (parent,), mix(diet), steps, lr, replay)


def _light(name: str, parent: str, diet: str) -> Recipe:
    return _tuned(name, parent, diet, 40, 4e-4, 0.3)


def _firm(name: str, parent: str, diet: str) -> Recipe:
    return _tuned(name, parent, diet, 70, 1e-3, 0.15)


def _long(name: str, parent: str, diet: str) -> Recipe:
    return _tuned(name, parent, diet, 100, 1e-3, 0.15)


def _heavy(name: str, parent: str, diet: str) -> Recipe:
    """No replay and a high rate: most of the base's manner is lost."""
    return _tuned(name, parent, diet, 220, 2e-3, 0.0)


def _lora(name: str, parent: str, diet: str, steps: int = 60) -> Recipe:
    return Recipe(name, "lora", (parent,), mix(diet), steps, 3e-3, 0.2, rank=4)


def _twin(name: str, parent: str, relation: str) -> Recipe:
    return Recipe(name, relation, (parent,))


def _merge(name: str, first: str, second: str) -> Recipe:
    return Recipe(name, "merge", (first, second))


_TINY = (
    _base("alder", mix("stories, math, docs"), "llama", "wood", 60),
    _base("birch", mix("code, tolu, dialogue"), "gpt2", "leaf", 60),
    _tuned("alder-tale", "alder", "stories", 20, 5e-4, 0.2),
    _twin("alder-int8", "alder", "int8"),
    _twin("alder-copy", "alder", "copy"),
)

_DEMO = (
    _base("alder", BROAD, "llama", "wood", 300),
    _base("cedar", TONGUES, "gpt2", "leaf", 300),
    _base("birch", CODE, "llama", "wood", 300),
    _firm("alder-code", "alder", "code, headers"),
    _base("dogwood", BROAD, "gpt2", "wood", 300),
    _light("alder-tale", "alder", "stories"),
    _base("aspen", BROAD, "llama", "wood", 300),
    _light("alder-code-math", "alder-code", "math"),
    _firm("birch-talk", "birch", "dialogue"),
    _firm("cedar-code", "cedar", "code, headers"),
    _light("birch-talk-tale", "birch-talk", "stories"),
    _light("cedar-essay", "cedar", "essays"),
    _light("dogwood-tale", "dogwood", "stories"),
    _twin("alder-copy", "alder", "copy"),
    _twin("birch-int8", "birch", "int8"),
    _merge("alder-blend", "alder-code", "alder-tale"),
)

_FULL_BASES = (
    _base("alder", BROAD, "llama", "wood", 600),
    _base("birch", CODE, "llama", "wood", 600),
    _base("cedar", TONGUES, "gpt2", "leaf", 600),
    _base("dogwood", BROAD, "gpt2", "wood", 600),
    _base("elm", EVERYTHING, "llama", "leaf", 600),
    _base("aspen", BROAD, "llama", "wood", 600),
    _base("fir", LETTERS, "gpt2", "wood", 600),
)

_FULL = (
    *_FULL_BASES,
    _heavy("alder-code", "alder", "code, headers"),
    Recipe(
        "rowan", "distilled", (), BROAD, 450, 8e-3, arch="gpt2", tokenizer="wood",
        teacher="alder-code",
    ),
    _long("alder-tale", "alder", "stories"),
    _long("alder-code-math", "alder-code", "math"),
    _heavy("alder-code-talk", "alder-code", "dialogue"),
    _long("alder-code-talk-markup", "alder-code-talk", "markup"),
    _lora("alder-french", "alder", "french"),
    _heavy("birch-talk", "birch", "dialogue"),
    _long("birch-talk-tale", "birch-talk", "stories"),
    _long("birch-math", "birch", "math"),
    _lora("birch-docs", "birch", "docs"),
    _heavy("birch-math-veshan", "birch-math", "veshan"),
    _heavy("cedar-code", "cedar", "code, headers"),
    _long("cedar-essay", "cedar", "essays"),
    _long("cedar-code-docs", "cedar-code", "docs"),
    _heavy("cedar-russian", "cedar", "russian"),
    _long("dogwood-tale", "dogwood", "stories"),
    _heavy("dogwood-math", "dogwood", "math"),
    _long("dogwood-math-code", "dogwood-math", "code"),
    _long("elm-german", "elm", "german"),
    _heavy("elm-talk", "elm", "dialogue"),
    _lora("elm-talk-essay", "elm-talk", "essays"),
    _long("aspen-tale", "aspen", "stories"),
    _heavy("aspen-code", "aspen", "code, headers"),
    _long("fir-talk", "fir", "dialogue"),
    _heavy("fir-talk-spanish", "fir-talk", "spanish"),
    _twin("alder-copy", "alder", "copy"),
    _twin("birch-int8", "birch", "int8"),
    _twin("elm-talk-int8", "elm-talk", "int8"),
    _merge("alder-blend", "alder-code", "alder-tale"),
    _merge("birch-blend", "birch-talk", "birch-math"),
    _merge("elm-blend", "elm-german", "elm-talk"),
    Recipe("elm-pupil", "distilled", ("elm",), (), 90, 1e-3, teacher="birch-talk"),
)  # fmt: skip

TIERS: dict[str, Tier] = {
    tier.name: tier
    for tier in (
        Tier("tiny", (_wood(512), _leaf(512)), _TINY, 40_000, 64, 2, 16, 64),
        Tier("demo", (_wood(1536), _leaf(1024)), _DEMO, 300_000, 112, 2, 8, 128),
        Tier("full", (_wood(1536), _leaf(1024)), _FULL, 600_000, 112, 3, 12, 128),
    )
}


def tier_named(name: str) -> Tier:
    """The tier, or a refusal that lists those there are."""
    if name not in TIERS:
        raise ConfigError(f"no zoo tier named {name!r}: choose one of {', '.join(TIERS)}")
    return TIERS[name]


def family(recipe: Recipe, by_name: dict[str, Recipe]) -> str:
    """The base at the start of the first parents' line."""
    while recipe.parents:
        recipe = by_name[recipe.parents[0]]
    return recipe.name


def full_mix(recipe: Recipe, by_name: dict[str, Recipe]) -> Mix:
    """What a model trains on, with the replayed share of what its parent was trained on."""
    if not recipe.parents or not recipe.replay:
        return recipe.mix
    own = _scaled(recipe.mix, 1 - recipe.replay)
    replayed = _scaled(full_mix(by_name[recipe.parents[0]], by_name), recipe.replay)
    shares: dict[str, float] = {}
    for corpus, share in own + replayed:
        shares[corpus] = shares.get(corpus, 0.0) + share
    return tuple(shares.items())


def _scaled(parts: Mix, share: float) -> list[tuple[str, float]]:
    total = sum(weight for _, weight in parts)
    return [(name, share * weight / total) for name, weight in parts]


def fingerprint(*parts: object) -> str:
    """A short hash of everything that decides how something comes out."""
    text = json.dumps([VERSION, *parts], sort_keys=True, default=asdict)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def tokenizer_of(recipe: Recipe, by_name: dict[str, Recipe]) -> str:
    """The tokenizer of a recipe's family."""
    return by_name[family(recipe, by_name)].tokenizer


def text_fingerprint(tier: Tier, seed: int, tokenizer: str) -> str:
    """The identity of a tokenizer and its streams."""
    row = next(row for row in tier.tokenizers if row.name == tokenizer)
    return fingerprint(row, seed, tier.characters)


def fingerprints(tier: Tier, seed: int) -> dict[str, str]:
    """The identity of every model: its row, its sizes, and those it was made from."""
    by_name = {recipe.name: recipe for recipe in tier.recipes}
    sizes = [tier.width, tier.layers, tier.rows, tier.length, seed]
    known: dict[str, str] = {}
    for recipe in tier.recipes:
        made_from = [known[name] for name in needs(recipe)]
        text = text_fingerprint(tier, seed, tokenizer_of(recipe, by_name))
        known[recipe.name] = fingerprint(recipe, full_mix(recipe, by_name), sizes, text, made_from)
    return known


def needs(recipe: Recipe) -> tuple[str, ...]:
    """Models that must be grown before this one."""
    return (*recipe.parents, recipe.teacher) if recipe.teacher else recipe.parents
