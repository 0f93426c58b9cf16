"""One server, and what it has been found to do.

Here: `Server`: its name, how many answers it gives in one call, whether it has been checked.
Above: `sampled` and `reported` ask it for probes and for distributions; `model` is the backend.
"""

from __future__ import annotations

import logging
from threading import Lock

from phylolm.models.protocol import SamplingSettings
from phylolm.models.servers import doctor, prompt_modes
from phylolm.models.servers.openai_api import Reply, Request
from phylolm.models.servers.retry import Caller

_log = logging.getLogger(__name__)

TOP_LOGPROBS = (20, 5)
"""Log-probabilities asked for at each token; fewer where a server refuses."""


class Server:
    """A server under the name of the model it runs.

    choices_per_call: answers to ask for in one call; learnt downwards.
    top_logprobs: log-probabilities to ask for at each token; learnt downwards.
    checked, logprobs_checked: whether `doctor` has passed it.
    """

    def __init__(self, name: str, caller: Caller) -> None:
        self.name = name
        self.caller = caller
        self.endpoint = caller.wire.endpoint
        self.choices_per_call = self.endpoint.most_choices
        self.top_logprobs = TOP_LOGPROBS[0]
        self.checked = self.logprobs_checked = False
        self._lock = Lock()
        self._served: list[str] = []

    def examine(self, settings: SamplingSettings, reported: bool = False) -> doctor.Diagnosis:
        """Look at what the server does with what it is asked; see `doctor`."""
        self.endpoint.check_key(self.name)
        diagnosis = doctor.examine(self.name, self.caller, settings.prompt_mode, reported)
        self.choices_per_call = diagnosis.choices_per_call
        return diagnosis

    def check(self, settings: SamplingSettings) -> None:
        """Examine the server once. Raises BackendError if it can't be trusted."""
        if self.checked:
            return
        diagnosis = self.examine(settings)
        doctor.refuse(diagnosis)
        for warning in diagnosis.warnings:
            _log.warning("%s: %s", self.name, warning)
        self.checked = True

    def check_logprobs(self, settings: SamplingSettings) -> None:
        """Examine the server and the log-probabilities it reports, once.

        Raises BackendError if they can't be trusted.
        """
        self.check(settings)
        if not self.logprobs_checked:
            doctor.check_logprobs(
                self.name, self.caller, settings.prompt_mode, self.choices_per_call
            )
        self.logprobs_checked = True

    def request(self, prompt: str, count: int, settings: SamplingSettings) -> Request:
        """The call that asks for `count` completions of a gene."""
        mode = settings.prompt_mode
        asked, begun = prompt_modes.put(prompt, mode), prompt_modes.begin(prompt, mode)
        return Request(asked, count, settings.max_tokens, settings.temperature, begun=begun)

    def learn(self, asked: int, reply: Reply) -> None:
        """Fewer answers than asked for: ask for one at a time from now on. A server that says
        it is another one: say so."""
        with self._lock:
            if len(reply.choices) < asked:
                self.choices_per_call = max(1, min(self.choices_per_call, len(reply.choices)))
            new = reply.served not in self._served
            before = self._served[-1:] if new else []
            if new:
                self._served.append(reply.served)
        if before:
            _log.warning(
                "%s: the server says it is now %r (before: %r); these probes may be of two models",
                self.name,
                reply.served,
                before[0],
            )
