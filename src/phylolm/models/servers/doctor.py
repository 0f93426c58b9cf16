"""Does a server do what it is asked? Looked at before any of its answers is believed.

A server that decodes greedily makes every allele frequency 0 or 1 and a tree of noise, and nothing
in its answers says so. Here: `examine`, the checks, one function each. Next door: `server` runs
them before its first probe, `cli/doctor.py` shows them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field
from statistics import median
from typing import Any

from phylolm.errors import BackendError
from phylolm.models.servers import logprobs, prompt_modes
from phylolm.models.servers.failures import BadRequestError
from phylolm.models.servers.logprobs import Step
from phylolm.models.servers.openai_api import Reply, Request
from phylolm.models.servers.providers import Endpoint
from phylolm.models.servers.retry import Caller

TEXTS = (
    "Once upon a time, in a land far away, there lived",
    "Dear friend, I am writing to you today because",
    "Ten words that come to my mind right now:",
    "Last summer my neighbour bought a",
)
"""Texts that may go on in many ways."""

CALLS = 20
"""An examination makes about so many."""

TOKENS = 16
_FEW_TOKENS = 4
_LONGEST_TOKEN = 16
_SEVERAL = 4
_FEW_TOPS = 5
_COMPARED, _COMPARED_ALONE = 32, 4
"""Answers to each text whose first token is compared with its reported log-probability: in one
call, or one by one."""

_FAR_OFF = 3.5
"""Standard errors."""

FATAL, WARNING = "fatal", "warning"


@dataclass(frozen=True)
class Check:
    """One question and its answer. weight: FATAL if the model can't be trusted, WARNING if it
    costs something, else ""."""

    name: str
    result: str
    note: str = ""
    weight: str = ""


@dataclass(frozen=True)
class Diagnosis:
    """What was found. choices_per_call: answers that one call gives."""

    model: str
    served: str
    choices_per_call: int
    calls: int
    checks: tuple[Check, ...]

    @property
    def problems(self) -> list[str]:
        """Why the model can't be trusted."""
        return [check.note for check in self.checks if check.weight == FATAL]

    @property
    def warnings(self) -> list[str]:
        """What the user should know."""
        return [check.note for check in self.checks if check.weight == WARNING]

    def to_dict(self) -> dict[str, Any]:
        """For JSON."""
        return asdict(self) | {"trusted": not self.problems}


@dataclass
class Examination:
    """The calls of one examination, and what they showed by the way."""

    caller: Caller
    mode: str
    replies: list[Reply] = field(default_factory=list)
    choices_per_call: int = 1

    @property
    def endpoint(self) -> Endpoint:
        """Who is asked."""
        return self.caller.wire.endpoint

    def ask(
        self,
        text: str,
        choices: int = 1,
        temperature: float = 1.0,
        max_tokens: int = TOKENS,
        **extra: object,
    ) -> Reply:
        """One call."""
        prompt, begun = prompt_modes.put(text, self.mode), prompt_modes.begin(text, self.mode)
        reply = self.caller.ask(Request(prompt, choices, max_tokens, temperature, extra, begun))
        self.replies.append(reply)
        return reply

    def say(self, text: str, temperature: float = 1.0, **extra: object) -> str:
        """The text of one answer."""
        return self.ask(text, temperature=temperature, **extra).choices[0].text  # type: ignore[arg-type]


def examine(name: str, caller: Caller, mode: str, reported: bool = False) -> Diagnosis:
    """Ask a server about twenty small things.

    reported: compare the log-probabilities it reports with what it samples, too. Raises
    BackendError if it can't be reached, refuses the key, or has no such model.
    """
    examined = Examination(caller, mode)
    before = caller.calls
    parts = (*_CHECKS, _reported) if reported else _CHECKS
    checks = tuple(check for part in parts for check in part(examined))
    served = examined.replies[-1].served
    return Diagnosis(name, served, examined.choices_per_call, caller.calls - before, checks)


def refuse(diagnosis: Diagnosis) -> None:
    """Raise BackendError if the model can't be trusted."""
    for problem in diagnosis.problems:
        raise BackendError(problem)


def check_logprobs(name: str, caller: Caller, mode: str, choices_per_call: int) -> None:
    """Raise BackendError if a server states no probabilities, or others than it draws by."""
    examined = Examination(caller, mode, choices_per_call=choices_per_call)
    for check in _reported(examined):
        if check.result != "yes":
            raise BackendError(f"{name}: {check.note}; sample it, without --exact")


def _samples(examined: Examination) -> Iterator[Check]:
    """Separate calls: a cache before the server shows too."""
    host = examined.endpoint.host
    pairs = [(examined.say(text), examined.say(text)) for text in TEXTS]
    if not any(text.strip() for pair in pairs for text in pair):
        yield Check(
            "samples",
            "no answers",
            f"{host} gives empty answers within {TOKENS} tokens (a model that thinks first must "
            "have its thinking turned off)",
            FATAL,
        )
        return
    same = sum(first == second for first, second in pairs)
    result = f"{len(pairs) - same} of {len(pairs)} texts go on differently when asked twice"
    if same < len(pairs):
        yield Check("samples", "yes", result)
        return
    yield Check(
        "samples",
        "no",
        f"{host} gives the same answer every time at temperature 1: greedy decoding, a fixed seed "
        "or a cache (transformers serve wants do_sample in generation_config.json)",
        FATAL,
    )


def _temperature(examined: Examination) -> Iterator[Check]:
    try:
        same = sum(examined.say(t, 0.0) == examined.say(t, 0.0) for t in TEXTS[:2])
    except BadRequestError:
        yield Check("temperature", "unclear", "temperature 0 is refused")
        return
    if same:
        yield Check("temperature", "yes", "answers at temperature 0 repeat")
    else:
        note = "answers differ even at temperature 0: another one may be used than is asked for"
        yield Check("temperature", "unclear", note, WARNING)


def _several(examined: Examination) -> Iterator[Check]:
    name = "n answers a call"
    try:
        choices = examined.ask(TEXTS[0], _SEVERAL).choices[:_SEVERAL]
    except BadRequestError:
        choices = ()
    if len(choices) > 1 and len({choice.text for choice in choices}) == 1:
        yield Check(
            name, "copies", "the answers of one call are copies; one is asked for at a time"
        )
    elif len(choices) == _SEVERAL:
        examined.choices_per_call = examined.endpoint.most_choices
        yield Check(name, "yes", f"asked for {_SEVERAL}, got {_SEVERAL}")
    else:
        note = f"asked for {_SEVERAL}, got {len(choices)}: every probe is a call of its own"
        yield Check(name, "no", note)


def _limit(examined: Examination) -> Iterator[Check]:
    try:
        reply = examined.ask(TEXTS[0], max_tokens=_FEW_TOKENS)
    except BadRequestError:
        yield Check("token limit", "refused", f"not so few as {_FEW_TOKENS} tokens")
        return
    counted = reply.tokens[1] if reply.tokens else 0
    if counted > _FEW_TOKENS or len(reply.choices[0].text) > _FEW_TOKENS * _LONGEST_TOKEN:
        note = "answers are longer than asked for: they are cut here, but you may pay for all"
        yield Check("token limit", "no", note, WARNING)
    else:
        yield Check("token limit", "yes", f"{counted or 'few'} tokens for {_FEW_TOKENS}")


def _lists(examined: Examination) -> Iterator[Check]:
    if examined.endpoint.chat:
        return
    request = Request(list(TEXTS[:2]), 1, TOKENS, 1.0)

    def both() -> bool:
        return len(examined.caller.ask(request).choices) == 2

    yield _optional("lists of prompts", examined, both)


def _seed(examined: Examination) -> Iterator[Check]:
    def repeats() -> bool:
        first, again, other = (examined.say(TEXTS[0], seed=seed) for seed in (1, 1, 2))
        return first == again != other

    yield _optional("seed", examined, repeats)


def _logprobs(examined: Examination) -> Iterator[Check]:
    extra = logprobs.words(examined.endpoint.chat, _FEW_TOPS)

    def shown() -> bool:
        return bool(examined.ask(TEXTS[0], **extra).choices[0].steps)

    yield _optional("logprobs", examined, shown)


def _reported(examined: Examination) -> Iterator[Check]:
    """How often first tokens come, beside their reported log-probabilities."""
    name, host = "probabilities", examined.endpoint.host
    try:
        drawn = [_first_steps(examined, text) for text in TEXTS]
    except BadRequestError:
        drawn = []
    if not drawn or not all(drawn):
        yield Check(name, "none", f"{host} shows no probabilities")
        return
    told = [logprobs.surprise(steps) for steps in drawn]
    came, expected, spread = (sum(column) for column in zip(*told, strict=True))
    answers = sum(map(len, drawn))
    figures = (
        f"the first tokens of {answers} answers surprise by {came / answers:.2f} nats on average, "
        f"by {expected / answers:.2f} were they drawn as stated"
    )
    if abs(came - expected) <= _FAR_OFF * spread**0.5 + 1:
        yield Check(name, "yes", figures)
    else:
        note = f"{host} states probabilities that it doesn't draw by: {figures}"
        yield Check(name, "no", note, WARNING)


def _first_steps(examined: Examination, text: str) -> list[Step]:
    """The first tokens of some answers to a text, with what is stated there; [] if nothing is."""
    extra = logprobs.words(examined.endpoint.chat, _FEW_TOPS)
    most = min(examined.choices_per_call, _COMPARED)
    calls = 1 if most > 1 else _COMPARED_ALONE
    replies = [examined.ask(text, most, max_tokens=_FEW_TOKENS, **extra) for _ in range(calls)]
    choices = [choice for reply in replies for choice in reply.choices]
    steps = [choice.steps[0] for choice in choices if choice.steps and choice.steps[0].known]
    return steps if len(steps) == len(choices) else []


def _optional(name: str, examined: Examination, test: Callable[[], bool]) -> Check:
    """What is good to know, and not needed."""
    if name in examined.endpoint.lacks:
        return Check(name, "no", "its protocol has no word for it")
    try:
        return Check(name, "yes" if test() else "no")
    except BackendError:
        return Check(name, "refused")


def _by_the_way(examined: Examination) -> Iterator[Check]:
    ended = any(choice.ended for reply in examined.replies for choice in reply.choices)
    yield Check("ends by itself", "seen" if ended else "not seen", f"within {TOKENS} tokens")
    seconds = median(reply.seconds for reply in examined.replies)
    yield Check("speed", f"{seconds:.2f} s a call", "one call at a time")


_CHECKS: tuple[Callable[[Examination], Iterator[Check]], ...] = (
    _samples,
    _temperature,
    _several,
    _limit,
    _lists,
    _seed,
    _logprobs,
    _by_the_way,
)
