"""Probabilities that servers state beside their answers: what is asked for, what is believed.

Here: `TokenLogprob`, `Step`, `read_steps` for both of OpenAI's forms (chats, and texts; llama.cpp
gives the first for both), and what tokens say. Next door: `openai_api` reads answers with them,
`alleletree` adds them up.

A token is known by its bytes where the server gives them, for it may be a part of a character.
Special tokens end a text, as they do in local models; a server that names its end of text in no
way known here shows it by an answer that ended and whose last token is not in its text.
"""

from __future__ import annotations

import codecs
import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from phylolm.genome import alleles

MOST_TOKENS = 128
"""Tokens of an answer that are read; alleles are settled long before."""

_MOST_AT_ONCE = 200
_LEAST = 1e-4
_NEVER = -9000.0
"""Servers say -9999 of tokens too improbable to be told."""

_SPECIAL = re.compile(
    r"<\|[^<>|]{1,40}\|>|</?s>|<[｜|][^<>]{1,40}[｜|]>|\[/?INST\]|\[EOS\]"
    r"|<(eos|bos|pad|unk|end_of_turn|start_of_turn|end_of_text|turn\|)>"
)
_BYTES = re.compile(r"\\x([0-9a-fA-F]{2})|([\x20-\x7e])")


@dataclass(frozen=True)
class TokenLogprob:
    """A token and its reported log-probability.

    said: its bytes, None if they can't be known. special: whether it ends the text.
    """

    name: str
    said: bytes | None
    chance: float
    special: bool = False


@dataclass(frozen=True)
class Step:
    """One place in an answer: the token that was drawn, and all whose probability is stated, the
    drawn one among them if its own is."""

    chosen: TokenLogprob
    known: tuple[TokenLogprob, ...]


def words(chat: bool, top: int) -> dict[str, Any]:
    """The fields of a request that ask for so many probabilities at each place."""
    return {"logprobs": True, "top_logprobs": top} if chat else {"logprobs": top}


def read_steps(said: object) -> tuple[Step, ...]:
    """What a choice states; nothing where that can't be read."""
    if not isinstance(said, dict):
        return ()
    listed = _from_content(said) if isinstance(said.get("content"), list) else _from_lists(said)
    steps: list[Step] = []
    for step in listed:
        if step is None or len(steps) == MOST_TOKENS:
            break
        steps.append(step)
    return tuple(steps)


def spelled(steps: Iterable[Step]) -> bytes | None:
    """The bytes of the tokens drawn; None if one of them can't be known."""
    raw = bytearray()
    for step in steps:
        if step.chosen.special:
            continue
        if step.chosen.said is None:
            return None
        raw += step.chosen.said
    return bytes(raw)


def visible(raw: bytes) -> str:
    """The text of `raw` without a character that is still incomplete at its end."""
    return codecs.utf_8_decode(raw, "replace", False)[0]


def hidden_end(text: str, steps: Sequence[Step]) -> str | None:
    """The name of a last token that is not in the text of an answer that ended."""
    if not steps or steps[-1].chosen.special or not steps[-1].chosen.said:
        return None
    before, all_of_it = spelled(steps[:-1]), spelled(steps)
    if before is None or all_of_it is None or _same(text, all_of_it):
        return None
    return steps[-1].chosen.name if _same(text, before) else None


def with_ends(steps: Iterable[Step], names: set[str]) -> tuple[Step, ...]:
    """The steps with tokens of these names as special ones."""

    def mark(token: TokenLogprob) -> TokenLogprob:
        return replace(token, special=True) if token.name in names else token

    return tuple(Step(mark(step.chosen), tuple(map(mark, step.known))) for step in steps)


def fits(text: str, steps: Sequence[Step]) -> bool:
    """Whether the tokens spell the text, as far as both can be seen. Blanks in front don't count:
    some servers leave them out of tokens."""
    raw = spelled(steps)
    if raw is None:
        return True
    told, shown = alleles.strip(visible(raw)).rstrip(), alleles.strip(text)
    return shown.startswith(told) or told.startswith(shown.rstrip("\ufffd"))


def surprise(drawn: Sequence[Step]) -> tuple[float, float, float]:
    """Sum of -ln P over tokens drawn at one place, what the reported log-probabilities make one
    expect, and its variance. All tokens that aren't listed count as one."""
    listed = {(t.name, t.said): t.chance for t in drawn[0].known}
    rest = max(1 - sum(listed.values()), _LEAST)
    came = [-math.log(listed.get((s.chosen.name, s.chosen.said), rest)) for s in drawn]
    chances = [*listed.values(), rest]
    mean = sum(-p * math.log(p) for p in chances)
    variance = sum(p * (math.log(p) + mean) ** 2 for p in chances)
    return sum(came), len(drawn) * mean, len(drawn) * variance


def _same(text: str, raw: bytes) -> bool:
    return alleles.strip(visible(raw)).rstrip() == alleles.strip(text).rstrip()


def _from_content(said: Mapping[str, Any]) -> Iterable[Step | None]:
    """[{token, bytes, logprob, top_logprobs: [the same, …]}, …]"""
    for entry in said["content"]:
        chosen = _token_of(entry)
        if chosen is None:
            yield None
            return
        others = entry.get("top_logprobs")
        yield _step(chosen, map(_token_of, others if isinstance(others, list) else ()))


def _token_of(entry: object) -> TokenLogprob | None:
    if not isinstance(entry, dict):
        return None
    given = entry.get("bytes")
    usable = isinstance(given, list) and all(
        isinstance(each, int) and 0 <= each < 256 for each in given
    )
    return _token(entry.get("token"), entry.get("logprob"), bytes(given or ()) if usable else None)


def _from_lists(said: Mapping[str, Any]) -> Iterable[Step | None]:
    """{tokens: […], token_logprobs: […], top_logprobs: [{token: logprob, …}, …]}"""
    names, chances, tops = (said.get(key) for key in ("tokens", "token_logprobs", "top_logprobs"))
    if not (isinstance(names, list) and isinstance(chances, list) and isinstance(tops, list)):
        return
    for name, chance, top in zip(names, chances, tops, strict=False):
        chosen = _token(name, chance)
        if chosen is None:
            yield None
            return
        others = top.items() if isinstance(top, dict) else ()
        yield _step(chosen, (_token(*other) for other in others))


def _step(chosen: TokenLogprob, others: Iterable[TokenLogprob | None]) -> Step:
    known = [token for _, token in zip(range(_MOST_AT_ONCE), others, strict=False) if token]
    if not any((token.name, token.said) == (chosen.name, chosen.said) for token in known):
        known.append(chosen)
    return Step(chosen, tuple(token for token in known if token.chance > 0))


def _token(name: object, logprob: object, said: bytes | None = None) -> TokenLogprob | None:
    """A token that makes sense. `said`: its bytes, if the server gives them."""
    if not isinstance(name, str) or not isinstance(logprob, int | float):
        return None
    if math.isnan(logprob) or logprob > 1e-3:
        return None
    chance = 0.0 if logprob < _NEVER else min(1.0, math.exp(logprob))
    if _SPECIAL.fullmatch(name):
        return TokenLogprob(name, None, chance, special=True)
    return TokenLogprob(name, _bytes_of(name) if said is None else said, chance)


def _bytes_of(name: str) -> bytes | None:
    """What a token says that is given as text: `bytes:\\xe6\\x97` is a part of a character."""
    if name.startswith("bytes:"):
        rest = name.removeprefix("bytes:")
        found = _BYTES.findall(rest)
        whole = sum(4 if code else 1 for code, _ in found) == len(rest)
        return (
            bytes(int(code, 16) if code else ord(char) for code, char in found) if whole else None
        )
    if "\ufffd" in name or name.startswith("token_id:"):
        return None
    return name.encode("utf-8", "replace")
