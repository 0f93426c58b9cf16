"""A server that runs a tiny transformers model and states its true probabilities."""

from __future__ import annotations

import math
import random
from functools import cache
from typing import Any

import torch
from fake_server import FakeServer
from numpy.typing import NDArray

from phylolm.models.local.hf import HfModel
from phylolm.models.servers.logprobs import visible
from tests import tiny_models


@cache
def tiny_model(sharpness: float = 24.0) -> HfModel:
    """The model that is served, as phylolm runs it itself."""
    torch.set_num_threads(1)
    tokenizer = tiny_models.byte_tokenizer()
    return HfModel("tiny", "0", tiny_models.llama(len(tokenizer), sharpness=sharpness), tokenizer)


class LogprobServer(FakeServer):
    """Samples token by token. Set its attributes for the ways of different servers.

    most_top: more are refused. shown: at most so many are shown. lists_end: whether the end of
    the text is listed as a token. parts: how a part of a character is written among texts, {} is
    its escaped bytes. heat: the temperature it draws by, whatever it states. blind: characters
    left out of tokens. form: "" for OpenAI's two, "content" for the chat's in both.
    """

    def __init__(self, sharpness: float = 24.0) -> None:
        super().__init__()
        self.tiny = tiny_model(sharpness)
        self.most_top, self.shown = 20, 1000
        self.lists_end, self.end_name = True, "<|endoftext|>"
        self.parts = "bytes:{}"
        self.heat = 1.0
        self.blind = ""
        self.form = ""
        self.states = True
        self._rng = random.Random(0)
        self._chances: dict[tuple[str, tuple[int, ...]], NDArray[Any]] = {}

    def read(self, asked: dict[str, Any], path: str) -> dict[str, Any]:
        top = asked.get("top_logprobs", asked.get("logprobs", 0))
        if top > self.most_top:
            return {"refused": "too many logprobs"}
        return asked

    def chances(self, prompt: str, path: tuple[int, ...]) -> NDArray[Any]:
        """The model's next token."""
        with self._lock:
            if (prompt, path) not in self._chances:
                ids = [*self.tiny._tokenizer(prompt)["input_ids"], *path]
                with torch.inference_mode():
                    logits = self.tiny._model(torch.tensor([ids])).logits[0, -1]
                self._chances[prompt, path] = logits.double().softmax(-1).numpy()
            return self._chances[prompt, path]

    def say(
        self, prompt: str, limit: int, seed: int | None, greedy: bool, asked: dict[str, Any]
    ) -> tuple[str, dict[str, Any]]:
        raw, path, steps = b"", (), []
        ended = False
        vocabulary = self.tiny.vocabulary
        while len(path) < limit and not ended:
            chances = self.chances(prompt, path)
            token = self._draw(chances, greedy)
            ended = bool(vocabulary.ends[token])
            if not ended or self.lists_end:
                steps.append((token, chances))
            raw += b"" if ended else vocabulary.pieces[token]
            path = (*path, token)
        text = raw.decode("utf-8", "replace")
        more: dict[str, Any] = {"finish_reason": "stop" if ended else "length"}
        if self.states and asked.get("logprobs"):
            chat = "messages" in asked or self.form == "content"
            top = asked.get("top_logprobs", asked["logprobs"])
            more["logprobs"] = (self._content if chat else self._lists)(steps, top)
        return text, more

    def _draw(self, chances: NDArray[Any], greedy: bool) -> int:
        if greedy:
            return int(chances.argmax())
        drawn = chances ** (1 / self.heat)
        with self._lock:
            return self._rng.choices(range(len(chances)), drawn.tolist())[0]

    def _top(self, chances: NDArray[Any], top: int) -> list[int]:
        return list(map(int, (-chances).argsort(kind="stable")[: min(top, self.shown)]))

    def _content(self, steps: list[Any], top: int) -> dict[str, Any]:
        def entry(token: int, chances: NDArray[Any]) -> dict[str, Any]:
            vocabulary = self.tiny.vocabulary
            said = {"token": self._name(token), "logprob": logarithm(chances[token])}
            return said | {
                "bytes": None if vocabulary.ends[token] else list(vocabulary.pieces[token])
            }

        return {
            "content": [
                entry(token, chances)
                | {"top_logprobs": [entry(each, chances) for each in self._top(chances, top)]}
                for token, chances in steps
            ]
        }

    def _lists(self, steps: list[Any], top: int) -> dict[str, Any]:
        return {
            "tokens": [self._name(token) for token, _ in steps],
            "token_logprobs": [logarithm(chances[token]) for token, chances in steps],
            "top_logprobs": [
                {self._name(t): logarithm(chances[t]) for t in self._top(chances, top)}
                for _, chances in steps
            ],
        }

    def _name(self, token: int) -> str:
        if self.tiny.vocabulary.ends[token]:
            return self.end_name
        raw = self.tiny.vocabulary.pieces[token]
        if visible(raw) == raw.decode("utf-8", "replace") and "\ufffd" not in visible(raw):
            return "".join(c for c in visible(raw) if c not in self.blind)
        return self.parts.format("".join(f"\\x{byte:02x}" for byte in raw))


def logarithm(chance: float) -> float:
    """As OpenAI says it: -9999 for what is too improbable."""
    return math.log(chance) if chance > 1e-7 else -9999.0
