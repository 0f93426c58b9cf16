"""How a gene is put to a chat model, and what of its answer is the completion.

    bare             the gene is a text to complete; no chat at all
    chat-bare        the gene is the user's message, as in the PhyloLM study
    chat-continue-1  the user asks to continue the gene; the number is the version of the words
                     around it and of the rules that clean answers
    chat-prefill-1   the user asks for a text, and the gene is the beginning of the answer; the
                     number is the version of the user's words
    template:TEXT    the user's message is TEXT with the gene in place of {gene}

Only answers to `chat-continue-1` are cleaned: elsewhere an answer is what the model said.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from phylolm.errors import ConfigError
from phylolm.models.protocol import AUTO, BARE, Probe

CHAT_BARE = "chat-bare"
CONTINUE = "chat-continue-1"
PREFILL = "chat-prefill-1"
TEMPLATE = "template:"
GENE = "{gene}"

_CONTINUE_FORM = (
    "Continue the text below. Answer with the words that come next and nothing else: "
    "no introduction, no quotation marks, no repetition of the text.\n\n"
)

_PREFILL_FORM = "Write a text. Begin at once, without an introduction, and leave out every comment."


def chat_mode(wanted: str) -> str:
    """The chat mode that a `--prompt-mode` means. Raises ConfigError for one there isn't."""
    if wanted.startswith(TEMPLATE):
        if GENE not in wanted:
            raise ConfigError(f"prompt mode {wanted!r} has no {GENE} where the gene goes")
        return wanted
    short = {AUTO: CONTINUE, "continue": CONTINUE, BARE: CHAT_BARE, "prefill": PREFILL}
    mode = short.get(wanted, wanted)
    if mode not in (CHAT_BARE, CONTINUE, PREFILL):
        raise ConfigError(
            f"prompt mode {wanted!r} is unknown; use continue, bare, prefill, or "
            f"'{TEMPLATE}… {GENE} …'"
        )
    return mode


def put(gene: str, mode: str) -> str:
    """The prompt, or the user's message, that a gene becomes."""
    if mode == CONTINUE:
        return _CONTINUE_FORM + gene
    if mode == PREFILL:
        return _PREFILL_FORM
    if mode.startswith(TEMPLATE):
        return mode.removeprefix(TEMPLATE).replace(GENE, gene)
    return gene


def begin(gene: str, mode: str) -> str:
    """What the model is told that its answer begins with. White space at the end is left out:
    APIs refuse it there, and alleles don't begin with it."""
    return gene.rstrip() if mode == PREFILL else ""


def clean(answer: str, ended: bool, gene: str, mode: str) -> Probe:
    """The completion in an answer. What was cut off shows in the probe's raw text."""
    if mode != CONTINUE:
        return Probe(answer, ended)
    text = answer
    for rule in _RULES:
        text = rule(text, gene)
    return Probe(text, ended, None if text == answer else answer)


_INTRODUCTION = re.compile(
    r"\s*(sure|certainly|of course|absolutely|okay|ok|here is|here's|here’s|here are|the text"
    r" continues|continuation|continued)\b[^\n]{0,120}?:[ \t*]*(\n\s*|$)",
    re.IGNORECASE,
)
_FENCE = re.compile(r"\s*(```|~~~)[\w+-]*[ \t]*\n")
_CLOSING_FENCE = re.compile(r"\n?[ \t]*(```|~~~)\s*\Z")
_QUOTES = {'"': '"', "“": "”", "«": "»", "'": "'", "‘": "’"}


_OPENINGS = ("`", "~", ".", "…", *_QUOTES)
_INTRODUCING = (
    *("sure", "certainly", "of course", "absolutely", "ok", "here is", "here's", "here’s"),
    *("here are", "the text continues", "continuation", "continued"),
)
"""What the rules below may cut off begins with one of these, or with the gene."""


def is_final(text: str, gene: str, mode: str) -> bool:
    """Whether `clean` leaves an answer alone that begins with this text, whatever follows."""
    if mode != CONTINUE:
        return True
    begun = text.lstrip()
    could_be = (*_INTRODUCING, gene.strip().lower())
    return bool(begun) and not (
        begun.startswith(_OPENINGS)
        or any(begun.lower().startswith(w) or w.startswith(begun.lower()) for w in could_be)
    )


def _without_introduction(text: str, _: str) -> str:
    """ "Sure, here is the continuation:" and a new line."""
    found = _INTRODUCTION.match(text)
    return text[found.end() :] if found else text


def _without_fence(text: str, _: str) -> str:
    """A code fence that opens the answer, and the one that closes it."""
    found = _FENCE.match(text)
    return _CLOSING_FENCE.sub("", text[found.end() :]) if found else text


def _without_quotes(text: str, gene: str) -> str:
    """Quotes around the whole answer, or around a repetition of the gene. A quote that only opens
    may be part of the story."""
    inner = text.strip()
    closing = _QUOTES.get(inner[:1])
    if closing is None:
        return text
    if inner[1:].lstrip().startswith(gene.strip()):
        return inner[1:].removesuffix(closing)
    whole = len(inner) > 2 and inner.endswith(closing) and inner.count(inner[0]) <= 2
    return inner[1:-1] if whole and closing not in inner[1:-1] else text


def _without_gene(text: str, gene: str) -> str:
    """The gene, said again before what follows it."""
    said = text.lstrip()
    return said[len(gene.strip()) :] if said.startswith(gene.strip()) else text


def _without_dots(text: str, _: str) -> str:
    """Dots that stand for the gene."""
    return re.sub(r"\A\s*(\.\.\.|…)[ \t]*(?=\S)", "", text)


_RULES: tuple[Callable[[str, str], str], ...] = (
    _without_introduction,
    _without_fence,
    _without_quotes,
    _without_gene,
    _without_dots,
)
