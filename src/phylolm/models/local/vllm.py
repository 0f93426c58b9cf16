"""The vLLM backend: models on one or more GPUs of this machine, in this process.

Here: `open_model` and `VllmModel`. Next door: `hf` runs the same models with transformers and can
heal word ends and show probabilities; `servers.model` asks a vLLM that runs as a server.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import Any

from vllm import LLM, SamplingParams

from phylolm.errors import BackendError, ConfigError
from phylolm.genome import alleles
from phylolm.models.local.draws import uniforms
from phylolm.models.local.hub import WeightsSource, find_source
from phylolm.models.protocol import (
    BARE,
    PLAIN,
    ModelSpec,
    Probe,
    Progress,
    SamplingSettings,
    WeightedProbe,
)

_SEEDS = 2**53


def open_model(spec: ModelSpec) -> VllmModel:
    """Find the model a spec names; its weights are loaded when it is first asked something.

    Raises BackendError if the folder or repository is no model, can't be reached or is gated.
    """
    return VllmModel(spec, find_source(spec))


class VllmModel:
    """A model in vLLM; see `phylolm.models.protocol.Backend`.

    Its revision says that vLLM ran it, and in which dtype if one was asked for: other kernels
    round otherwise.
    """

    def __init__(self, spec: ModelSpec, source: WeightsSource) -> None:
        dtype = spec.options.get("dtype", "auto")
        self.name = spec.name
        self.revision = source.revision + "+vllm" + (f"+{dtype}" if dtype != "auto" else "")
        self._spec, self._source = spec, source

    @cached_property
    def engine(self) -> Any:
        """The loaded model. Raises BackendError if it can't be loaded."""
        options, arguments = self._spec.options, self._source.arguments
        revision = arguments.get("revision")
        try:
            return LLM(
                model=self._source.location,
                revision=revision,
                tokenizer_revision=revision,
                trust_remote_code=arguments["trust_remote_code"],
                dtype=options.get("dtype", "auto"),
                tensor_parallel_size=int(options.get("tp", "1")),
                enable_prefix_caching=True,
            )
        except Exception as error:
            first = str(error).strip().partition("\n")[0][:160]
            raise BackendError(
                f"{self._spec.text}: vLLM can't load it ({type(error).__name__}: {first})"
            ) from error

    def settle(self, wanted: SamplingSettings) -> SamplingSettings:
        """Genes are sent as they are. Raises ConfigError for a boundary or prompt mode it lacks."""
        settled = wanted.settled(BARE, PLAIN)
        if settled.boundary != PLAIN:
            raise ConfigError(
                f"{self.name}: vLLM can't complete half words; use hf: or --boundary plain"
            )
        if settled.prompt_mode != BARE:
            raise ConfigError(
                f"{self.name}: vllm models have no prompt mode {settled.prompt_mode!r}; use bare"
            )
        return settled

    def sample(
        self,
        prompts: Sequence[str],
        draws: range,
        settings: SamplingSettings,
        seed: int,
        progress: Progress | None = None,
    ) -> list[list[Probe]]:
        """`len(draws)` independent probes for each prompt; see the protocol.

        vLLM's kernels depend a little on what else is in a batch: a seed repeats nearly all
        probes, not surely every one.
        """
        settings = self.settle(settings)
        if not draws or not prompts:
            return [[] for _ in prompts]
        asked = [self._asked(prompt, draws, settings, seed) for prompt in prompts]
        outputs = self.engine.generate(list(prompts), asked, use_tqdm=False)
        if progress is not None:
            progress(len(prompts))
        return [
            [Probe(each.text, each.finish_reason == "stop") for each in output.outputs]
            for output in outputs
        ]

    def exact(
        self,
        prompts: Sequence[str],
        settings: SamplingSettings,
        epsilon: float,
        length: int = alleles.DEFAULT_LENGTH,
        progress: Progress | None = None,
    ) -> list[list[WeightedProbe]]:
        """Always raises BackendError: `hf` models show their probabilities."""
        raise BackendError(f"{self.name}: vllm models are only sampled; use hf: with --exact")

    def _asked(self, prompt: str, draws: range, settings: SamplingSettings, seed: int) -> Any:
        """`n` probes with a seed of the prompt's own; vLLM counts up from it, a probe each."""
        model = f"{self.name}@{self.revision}"
        number = uniforms(model, prompt, range(draws.start, draws.start + 1), seed, 1)[0, 0]
        return SamplingParams(
            n=len(draws),
            seed=int(number * _SEEDS),
            temperature=settings.temperature,
            top_p=1.0,
            max_tokens=settings.max_tokens,
        )
