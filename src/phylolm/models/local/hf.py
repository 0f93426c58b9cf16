"""The transformers backend: any causal model from a local folder or the hub.

Here: opening a model with everything that can go wrong said in one line, and `HfModel`, which cuts
the genes into batches. Next door: `hub` finds files and revisions, `vocabulary`, `token_healing`,
`model_runner`, `trie` and `exact` do the work. Imports torch; everything outside `models` opens it
through `spec.open_model`.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import cached_property
from typing import Any, TypeVar

import torch

from phylolm.errors import BackendError, ConfigError
from phylolm.genome import alleles
from phylolm.models.local.draws import uniforms
from phylolm.models.local.exact import expand
from phylolm.models.local.hub import WeightsSource, find_source
from phylolm.models.local.model_runner import BRANCHES, ModelRunner, out_of_memory
from phylolm.models.local.token_healing import Prompt, split_prompt
from phylolm.models.local.trie import TrieSampler, columns
from phylolm.models.local.vocabulary import Vocabulary
from phylolm.models.protocol import (
    BARE,
    PLAIN,
    ModelSpec,
    Probe,
    Progress,
    SamplingSettings,
    WeightedProbe,
)

GENES_PER_BATCH = 128
"""Most genes in a batch; more would only delay the bank's next part."""

_SHORT_DTYPES = ("bfloat16", "float16")

_Answer = TypeVar("_Answer")
_Run = Callable[[list[str], list[Prompt]], list[list[_Answer] | None]]


def open_model(spec: ModelSpec) -> DeferredModel:
    """Find the model a spec names; its weights are loaded when it is first asked something.

    Raises BackendError if the folder or repository is no model, can't be reached or is gated;
    ConfigError for a device that is not there.
    """
    device = _device(spec.options.get("device", "auto"))
    return DeferredModel(spec, find_source(spec), device)


class HfModel:
    """A loaded model that answers genes; see `phylolm.models.protocol.Backend`."""

    def __init__(
        self,
        name: str,
        revision: str,
        model: Any,
        tokenizer: Any,
        row_limit: int | None = None,
    ) -> None:
        self.name = name
        self.revision = revision
        self._model, self._tokenizer, self._row_limit = model, tokenizer, row_limit

    @cached_property
    def engine(self) -> ModelRunner:
        """Runs the model."""
        return ModelRunner(self._model, self._row_limit)

    @cached_property
    def vocabulary(self) -> Vocabulary:
        """What the model's tokens say."""
        return Vocabulary(self._tokenizer, self.engine.vocabulary_size, _eos_ids(self._model))

    def sample(
        self,
        prompts: Sequence[str],
        draws: range,
        settings: SamplingSettings,
        seed: int,
        progress: Progress | None = None,
    ) -> list[list[Probe]]:
        """`len(draws)` independent probes for each prompt; see the protocol.

        Raises ConfigError for a prompt mode it doesn't have, BackendError if a prompt can't be
        encoded or even one row does not fit in memory.
        """

        def run(texts: list[str], encoded: list[Prompt]) -> list[list[Probe] | None]:
            model = f"{self.name}@{self.revision}"
            numbers = [uniforms(model, text, draws, seed, columns(settings)) for text in texts]
            return TrieSampler(self.engine, self.vocabulary, encoded, numbers, settings).run()

        if not draws:
            return [[] for _ in prompts]
        return self._in_batches(prompts, settings, run, progress)

    def exact(
        self,
        prompts: Sequence[str],
        settings: SamplingSettings,
        epsilon: float,
        length: int = alleles.DEFAULT_LENGTH,
        progress: Progress | None = None,
    ) -> list[list[WeightedProbe]]:
        """The completions that hold at least 1 - epsilon of each prompt's alleles.

        Less is covered only where the node budget of a gene runs out; what is missing from a sum
        of 1 is the part not covered. Raises as `sample` does, and ConfigError for a bad epsilon.
        """
        if not 0 < epsilon < 1:
            raise ConfigError(f"epsilon {epsilon} is not between 0 and 1")

        def run(texts: list[str], encoded: list[Prompt]) -> list[list[WeightedProbe] | None]:
            return expand(self.engine, self.vocabulary, encoded, settings, epsilon, length)

        return self._in_batches(prompts, settings, run, progress)

    def _in_batches(
        self,
        prompts: Sequence[str],
        settings: SamplingSettings,
        run: _Run[_Answer],
        progress: Progress | None,
    ) -> list[list[_Answer]]:
        """Cut the genes into batches, shortest first; smaller ones when memory runs out."""
        settings = settings.settled()
        if settings.prompt_mode != BARE:
            raise ConfigError(f"hf models have no prompt mode {settings.prompt_mode!r}; use bare")
        encoded = [split_prompt(self.vocabulary, p, settings.boundary) for p in prompts]
        if encoded:
            self._check(encoded)
        todo = self._batches(encoded)
        answers: dict[int, list[_Answer]] = {}
        while todo:
            batch = todo.pop()
            try:
                found = run([prompts[i] for i in batch], [encoded[i] for i in batch])
            except (RuntimeError, MemoryError) as error:
                todo += self._smaller(batch, error)
                continue
            unspelled = [i for i, answer in zip(batch, found, strict=True) if answer is None]
            for i in unspelled:  # no token path spells its last word: sent as it is
                encoded[i] = split_prompt(self.vocabulary, prompts[i], PLAIN)
                todo.append([i])
            done = {i: a for i, a in zip(batch, found, strict=True) if a is not None}
            answers |= done
            if progress is not None:
                progress(len(done))
        return [answers[i] for i in range(len(prompts))]

    def _batches(self, encoded: list[Prompt]) -> list[list[int]]:
        """Genes of similar length together; of one length where padding isn't safe."""
        order = sorted(range(len(encoded)), key=lambda i: len(encoded[i].ids), reverse=True)
        most = max(1, min(GENES_PER_BATCH, self.engine.row_limit // BRANCHES))
        batches: list[list[int]] = []
        for i in order:
            mates = batches[-1] if batches else []
            same = mates and len(encoded[mates[0]].ids) == len(encoded[i].ids)
            if mates and len(mates) < most and (same or self.engine.padded):
                mates.append(i)
            else:
                batches.append([i])
        return batches

    def _check(self, encoded: list[Prompt]) -> None:
        try:
            self.engine.check([prompt.ids for prompt in encoded])
        except (RuntimeError, MemoryError) as error:
            if not out_of_memory(error):
                raise
            raise self._no_room() from None

    def _no_room(self) -> BackendError:
        return BackendError(
            f"{self.name}: out of memory with a single row; "
            "use a smaller model, another device, or dtype=bfloat16"
        )

    def _smaller(self, batch: list[int], error: Exception) -> list[list[int]]:
        if not out_of_memory(error):
            raise error
        if not self.engine.shrink() and len(batch) == 1:
            raise self._no_room() from None
        middle = max(1, len(batch) // 2)
        return [part for part in (batch[:middle], batch[middle:]) if part]


class DeferredModel(HfModel):
    """A model known by name and revision. A finished study opens all its models and loads none.

    A dtype asked for changes the model's distribution, so that it is part of the revision.
    """

    def __init__(self, spec: ModelSpec, source: WeightsSource, device: torch.device) -> None:
        dtype = spec.options.get("dtype", "auto")
        self.name = spec.name
        self.revision = source.revision + (f"+{dtype}" if dtype in _SHORT_DTYPES else "")
        self._spec, self._source, self._device = spec, source, device

    @cached_property
    def loaded(self) -> HfModel:
        """The model itself. Raises BackendError if it can't be loaded or does not fit in memory."""
        dtype = _dtype(self._spec.options.get("dtype", "auto"), self._device)
        with _quiet_transformers(), _loading(self._spec):
            tokenizer = _load_tokenizer(self._source)
            model = _load_weights(self._source, dtype).to(self._device).eval()
        return HfModel(self.name, self.revision, model, tokenizer)

    @cached_property
    def engine(self) -> ModelRunner:
        """Of the loaded model."""
        return self.loaded.engine

    @cached_property
    def vocabulary(self) -> Vocabulary:
        """Of the loaded model."""
        return self.loaded.vocabulary


def _device(wanted: str) -> torch.device:
    if wanted == "auto":
        if torch.cuda.is_available():
            return torch.device("cuda")
        return torch.device("mps" if torch.backends.mps.is_available() else "cpu")
    kind, _, number = wanted.partition(":")
    count = {"cpu": 1, "mps": int(torch.backends.mps.is_available())}.get(
        kind, torch.cuda.device_count()
    )
    if int(number or 0) >= count:
        raise ConfigError(f"device {wanted} is not on this machine; use device=cpu or auto")
    return torch.device(wanted)


def _dtype(wanted: str, device: torch.device) -> Any:
    """The checkpoint's own on an accelerator; float32 on a CPU, where others are slow."""
    if wanted == "auto":
        return torch.float32 if device.type == "cpu" else "auto"
    return getattr(torch, wanted)


def _load_tokenizer(source: WeightsSource) -> Any:
    from transformers import AutoTokenizer

    return AutoTokenizer.from_pretrained(source.location, **source.arguments)


def _load_weights(source: WeightsSource, dtype: Any) -> Any:
    from transformers import AutoModelForCausalLM

    return AutoModelForCausalLM.from_pretrained(source.location, dtype=dtype, **source.arguments)


def _eos_ids(model: Any) -> list[int]:
    """Every id the model or its generation settings call an end of sequence."""
    found: list[int] = []
    for config in (getattr(model, "generation_config", None), model.config):
        eos = getattr(config, "eos_token_id", None)
        found += eos if isinstance(eos, list | tuple) else [eos] if eos is not None else []
    return found


@contextmanager
def _loading(spec: ModelSpec) -> Iterator[None]:
    """Turn whatever goes wrong while loading into one line."""
    try:
        yield
    except BackendError:
        raise
    except Exception as error:
        if out_of_memory(error):
            what = "does not fit in memory; try dtype=bfloat16, or a device with more"
        elif "trust_remote_code" in str(error):
            what = "runs its own code; if you trust its authors, add ?trust_remote_code=true"
        else:
            first = str(error).strip().partition("\n")[0][:160]
            what = f"is not a model transformers can load ({type(error).__name__}: {first})"
        raise BackendError(f"{spec.text}: {what}") from error


@contextmanager
def _quiet_transformers() -> Iterator[None]:
    """Keep transformers' own reports and bars off the user's screen while loading."""
    from transformers.utils import logging as hf_logging

    level, bars = hf_logging.get_verbosity(), hf_logging.is_progress_bar_enabled()
    hf_logging.set_verbosity(logging.CRITICAL)
    hf_logging.disable_progress_bar()
    try:
        yield
    finally:
        hf_logging.set_verbosity(level)
        if bars:
            hf_logging.enable_progress_bar()
