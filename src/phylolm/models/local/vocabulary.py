"""Tokens as bytes of text: what each token says, which tokens end a text, how genes are encoded.

Here: `Vocabulary`, made once for a model. Working in bytes makes characters that are split over
several tokens come out right, and makes decoding a concatenation instead of a tokenizer call.
The table of bytes is never taken on trust: it is compared with the tokenizer's own decoding
before use, and a tokenizer that no table describes is asked to decode instead (slower).
Next door: `token_healing` uses the table to find tokens by how they begin.
"""

from __future__ import annotations

import codecs
import logging
import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from phylolm.errors import BackendError

_log = logging.getLogger(__name__)

_ANCHOR = "The cat sat"
"""Text in front of tokens that are decoded one by one, so that none stands at a start."""

_SAMPLE = "In 2024 the café's naïve plan\n\tif x != 10: cost (about) 日本語 text... The end."
"""Ordinary text, whose tokens a table must spell; random tokens may all miss them."""

_BYTE_TOKEN = re.compile(r"<0x([0-9A-Fa-f]{2})>")


def visible_text(raw: bytes) -> str:
    """The text of `raw` without a character that is still incomplete at its end."""
    return codecs.utf_8_decode(raw, "replace", False)[0]


class Vocabulary:
    """A tokenizer seen as a table: token id -> bytes of text, or the end of the text.

    size: number of logits; may exceed the tokenizer's tokens (padded embeddings).
    ends: for each id, whether drawing it ends the text: end-of-sequence, any other special
        token, and ids without a token.
    """

    def __init__(self, tokenizer: Any, size: int, eos: Sequence[int] = ()) -> None:
        self.size = size
        self._tokenizer = tokenizer
        names = _token_names(tokenizer, size)
        self.ends = _ending_ids(tokenizer, names, eos)
        self._pieces = self._verified_pieces(names)
        if self._pieces is None:
            _log.warning("this tokenizer's tokens have no fixed text; words are not healed")

    @property
    def has_table(self) -> bool:
        """Whether every token has a fixed text, which healing needs."""
        return self._pieces is not None

    @property
    def pieces(self) -> list[bytes]:
        """The bytes each token adds to a text; empty for ids that end it."""
        assert self._pieces is not None
        return self._pieces

    def encode(self, text: str) -> list[int]:
        """The ids of a prompt: what the tokenizer puts first, then the text, no end marker.

        Text that looks like a special token stays text. The empty text is what the model takes
        for the start of one. Raises BackendError if nothing is left, or for half a character.
        """
        if not _is_unicode(text):
            raise BackendError(f"the gene {text!r} holds half a character (a lone surrogate)")
        ids = self._start + self._encode_text(text)
        if not ids and not text:
            ids = self._substitute_start()
        if not ids:
            raise BackendError(
                f"the gene {text!r} is no token to this model, and its tokenizer has no BOS"
            )
        return ids

    @property
    def start_length(self) -> int:
        """How many tokens the tokenizer puts in front of every prompt."""
        return len(self._start)

    def grow(self, raw: bytes, token: int, prompt: Sequence[int], path: Sequence[int]) -> bytes:
        """The bytes of a continuation `path` of `prompt` (text so far: `raw`) and one token."""
        if self._pieces is not None:
            return raw + self._pieces[token]
        tail = list(prompt[-4:])
        text = self._decode([*tail, *path, token])[len(self._decode(tail)) :]
        return text.rstrip("\ufffd").encode()

    @cached_property
    def _sorted(self) -> tuple[list[bytes], NDArray[np.int64]]:
        """Pieces in byte order with their ids, without ids that say nothing."""
        ids = [i for i, piece in enumerate(self.pieces) if piece]
        ids.sort(key=self.pieces.__getitem__)
        return [self.pieces[i] for i in ids], np.array(ids, dtype=np.int64)

    def starting_with(self, text: bytes) -> NDArray[np.int64]:
        """Ids of the tokens whose text begins with `text`."""
        pieces, ids = self._sorted
        first = bisect_left(pieces, text)
        last = bisect_left(pieces, text + b"\xff" * 8, lo=first)
        return ids[first:last]

    def equal_to(self, text: bytes) -> NDArray[np.int64]:
        """Ids of the tokens whose text is `text`; byte tokens may double ordinary ones."""
        pieces, ids = self._sorted
        first = bisect_left(pieces, text)
        last = first
        while last < len(pieces) and pieces[last] == text:
            last += 1
        return ids[first:last]

    def _encode_text(self, text: str) -> list[int]:
        encoded = self._tokenizer(text, add_special_tokens=False, split_special_tokens=True)
        return list(encoded["input_ids"])

    def _substitute_start(self) -> list[int]:
        """What stands before a text in training where nothing is put in front: the end of another
        text, or padding."""
        tokenizer = self._tokenizer
        ids = (tokenizer.bos_token_id, tokenizer.eos_token_id, tokenizer.pad_token_id)
        return [i for i in ids if i is not None and 0 <= i < self.size][:1]

    @cached_property
    def _start(self) -> list[int]:
        """What the tokenizer puts before a text by itself (BOS), without what it puts after."""
        plain = self._encode_text(_ANCHOR)
        full = list(self._tokenizer(_ANCHOR)["input_ids"])
        for start in range(len(full) - len(plain) + 1):
            if full[start : start + len(plain)] == plain:
                return full[:start]
        return []

    def _decode(self, ids: list[int]) -> str:
        text: str = self._tokenizer.decode(
            ids, skip_special_tokens=True, clean_up_tokenization_spaces=False
        )
        return text

    def _verified_pieces(self, names: list[str | None]) -> list[bytes] | None:
        for pieces in self._candidates(names):
            for i in np.flatnonzero(self.ends):
                pieces[i] = b""
            if self._agrees(pieces):
                return pieces
        return None

    def _candidates(self, names: list[str | None]) -> Iterator[list[bytes]]:
        added = {i: t.content.encode() for i, t in _added_tokens(self._tokenizer).items()}
        for read in (_byte_level, _sentence_piece):
            pieces = [read(name) if name else b"" for name in names]
            for i, content in added.items():
                if i < self.size:
                    pieces[i] = content
            yield pieces
        yield self._pieces_by_decoding()

    def _pieces_by_decoding(self) -> list[bytes]:
        """Each token decoded after an anchor: right for any decoder that only joins tokens."""
        anchor = self._encode_text(_ANCHOR)
        skip = len(self._decode(anchor))
        return [
            b"" if ends else self._decode([*anchor, i])[skip:].encode()
            for i, ends in enumerate(self.ends)
        ]

    def _agrees(self, pieces: list[bytes], trials: int = 500) -> bool:
        """Whether joined pieces equal the tokenizer's decoding, of text and random tokens."""
        speaking = np.flatnonzero(~self.ends)
        anchor = self._encode_text(_ANCHOR)
        if not speaking.size or not anchor:
            return False
        skip = len(self._decode(anchor))
        sample = [i for i in self._encode_text(_SAMPLE) if not self.ends[i]]
        draws = np.random.default_rng(0).choice(speaking, size=(trials, 3)).tolist()
        for ids in [sample, *(sample[i : i + 3] for i in range(len(sample))), *draws]:
            joined = b"".join(pieces[i] for i in ids).decode(errors="replace")
            decoded = self._decode(anchor + ids)[skip:]
            # Decoders disagree on how many marks stand for broken bytes; those prove nothing.
            if joined != decoded and "\ufffd" not in joined + decoded:
                return False
        return True


def _is_unicode(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _token_names(tokenizer: Any, size: int) -> list[str | None]:
    known = min(size, len(tokenizer))
    try:
        names = list(tokenizer.convert_ids_to_tokens(list(range(known))))
    except (IndexError, KeyError, TypeError):  # ids with holes, in slow tokenizers
        by_id = {i: name for name, i in tokenizer.get_vocab().items()}
        names = [by_id.get(i) for i in range(known)]
    return names + [None] * (size - known)


def _added_tokens(tokenizer: Any) -> dict[int, Any]:
    return dict(getattr(tokenizer, "added_tokens_decoder", {}))


def _ending_ids(tokenizer: Any, names: list[str | None], eos: Sequence[int]) -> NDArray[np.bool_]:
    ends = np.array([name is None for name in names])
    special = {i for i, token in _added_tokens(tokenizer).items() if token.special}
    for i in special.union(tokenizer.all_special_ids, eos):
        if 0 <= i < len(ends):
            ends[i] = True
    return ends


def _byte_alphabet() -> dict[str, int]:
    """GPT-2's printable stand-ins for the 256 bytes."""
    plain = [*range(33, 127), *range(161, 173), *range(174, 256)]
    others = [b for b in range(256) if b not in plain]
    alphabet = {chr(b): b for b in plain}
    return alphabet | {chr(256 + i): b for i, b in enumerate(others)}


_BYTE_OF = _byte_alphabet()
_TO_LATIN = str.maketrans({char: chr(byte) for char, byte in _BYTE_OF.items()})
_NOT_BYTES = re.compile(f"[^{re.escape(''.join(_BYTE_OF))}]")


def _byte_level(name: str) -> bytes:
    """A token of a byte-level BPE (GPT-2, Llama 3, Qwen ...)."""
    if _NOT_BYTES.search(name):
        return name.encode()
    return name.translate(_TO_LATIN).encode("latin-1")


def _sentence_piece(name: str) -> bytes:
    """A token of a SentencePiece model (Llama 2, Gemma, ...): "▁" is a space, <0xNN> a byte."""
    byte = _BYTE_TOKEN.fullmatch(name)
    if byte:
        return bytes([int(byte[1], 16)])
    return name.replace("▁", " ").encode()
