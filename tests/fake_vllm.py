"""A small stand-in for vLLM, which can't be run without a GPU: `install` puts it in its place."""

from __future__ import annotations

import sys
import types
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from phylolm.models.fake import FakeModel
from phylolm.models.protocol import SamplingSettings


@dataclass
class Params:
    """vllm.SamplingParams, as far as it is used."""

    n: int
    seed: int
    temperature: float
    top_p: float
    max_tokens: int


class Engine:
    """vllm.LLM: each probe has its own seed, counted up from the prompt's."""

    loaded: list[dict[str, Any]] = []
    fails = ""

    def __init__(self, **arguments: Any) -> None:
        self.loaded.append(arguments)
        if self.fails:
            raise RuntimeError(self.fails)

    def generate(self, prompts: list[str], params: list[Params], use_tqdm: bool) -> list[Any]:
        self.asked = params
        return [self.answer(*pair) for pair in zip(prompts, params, strict=True)]

    def answer(self, prompt: str, params: Params) -> Any:
        model = FakeModel(seed=3)
        said = [
            model.sample([prompt], range(1), SamplingSettings(), params.seed + i)[0][0].text
            for i in range(params.n)
        ]
        reasons = ["stop" if text.startswith("a") else "length" for text in said]
        pairs = zip(said, reasons, strict=True)
        return SimpleNamespace(outputs=[SimpleNamespace(text=t, finish_reason=r) for t, r in pairs])


def install(patch: pytest.MonkeyPatch, place: Path) -> str:
    """Puts it in vLLM's place. Returns the folder of a model it can load."""
    folder = place / "tiny"
    folder.mkdir()
    (folder / "config.json").write_text("{}")
    module: Any = types.ModuleType("vllm")
    module.LLM, module.SamplingParams = Engine, Params
    patch.setitem(sys.modules, "vllm", module)
    # Whoever imports the backend next gets the stand-in; afterwards nobody does.
    patch.delitem(sys.modules, "phylolm.models.local.vllm", raising=False)
    patch.setattr(Engine, "loaded", [])
    return str(folder)
