"""What goes wrong with servers, and whether another try may mend it.

Here: `HiccupError` (try again) and `fault_of`, which turns a client's exception into that or into
a BackendError: one plain line without the key. The clients of OpenAI, Anthropic and Google name
their exceptions alike enough to be read without importing any of them.
"""

from __future__ import annotations

import re
import socket
from collections.abc import Mapping
from email.utils import parsedate_to_datetime
from typing import Any, NamedTuple

from phylolm.errors import BackendError, PhylolmError
from phylolm.models.servers.providers import Endpoint

_SHOWN = 160
_SHORTEST_SECRET = 6


class HiccupError(PhylolmError):
    """A call failed; another try may succeed.

    wait: seconds the server asks to wait. billed: whether the failed call may cost money.
    unreached: nobody answered at all.
    """

    def __init__(
        self, text: str, wait: float | None = None, billed: bool = True, unreached: bool = False
    ) -> None:
        super().__init__(text)
        self.wait, self.billed, self.unreached = wait, billed, unreached


class BadRequestError(BackendError):
    """The server does not take a request as it is."""


def plain(text: str, most: int = _SHOWN) -> str:
    """A server's words as one line without control characters."""
    line = "".join(c if c.isprintable() else " " for c in text)
    line = re.sub(" +", " ", line).strip()
    return line if len(line) <= most else line[: most - 1] + "…"


def redact(text: str, key: str) -> str:
    """`text` without the key, or any longer stretch of it."""
    if not key:
        return text
    size = min(_SHORTEST_SECRET, len(key))
    pieces = {key[i : i + size] for i in range(len(key) - size + 1)}
    hidden = [False] * len(text)
    for start in range(len(text) - size + 1):
        if text[start : start + size] in pieces:
            hidden[start : start + size] = [True] * size
    shown = "".join("\0" if hide else c for c, hide in zip(text, hidden, strict=True))
    return re.sub("\0+", "[key]", shown)


def timed_out(endpoint: Endpoint, seconds: float) -> HiccupError:
    """No whole answer in time."""
    return HiccupError(f"{endpoint.host} gives no whole answer in {seconds:g} seconds")


def fault_of(error: Exception, endpoint: Endpoint, seconds: float) -> PhylolmError:
    """What a client's exception means."""
    name = type(error).__name__
    if getattr(error, "response", None) is not None:
        return _status_fault(_read_refusal(error), endpoint)
    if "Timeout" in name:
        return timed_out(endpoint, seconds)
    if name in ("APIConnectionError", "ConnectError"):
        return _unreached(error, endpoint)
    return HiccupError(f"{endpoint.host} breaks off in the middle of an answer")


def _unreached(error: Exception, endpoint: Endpoint) -> PhylolmError:
    causes = _causes(error)
    said = " ".join(map(str, causes))
    if any(isinstance(cause, socket.gaierror) for cause in causes):
        why = f"there is no server called {endpoint.host}: check the address and the network"
    elif any(isinstance(cause, ConnectionRefusedError) for cause in causes):
        why = f"nothing listens at {endpoint.host}: start the server, or check the address"
    elif "certificate" in said.lower():
        return BackendError(f"{endpoint.host} shows no certificate that can be trusted")
    elif any("RemoteProtocol" in type(c).__name__ or "Read" in type(c).__name__ for c in causes):
        return HiccupError(f"{endpoint.host} closes the connection without an answer")
    else:
        why = f"{endpoint.host} can't be reached: {plain(redact(said, endpoint.key))}"
    return HiccupError(why, billed=False, unreached=True)


def _causes(error: BaseException | None) -> list[BaseException]:
    found: list[BaseException] = []
    while error is not None and error not in found:
        found.append(error)
        error = error.__cause__ or error.__context__
    return found


class _Refusal(NamedTuple):
    """An answer that is an error."""

    status: int
    code: object
    headers: Mapping[str, str]
    body: object


def _read_refusal(error: Any) -> _Refusal:
    """OpenAI and Anthropic say `status_code` and `body`, Google `code` and `details`."""
    body = getattr(error, "body", None) or getattr(error, "details", None)
    status = getattr(error, "status_code", None) or error.code
    return _Refusal(int(status), getattr(error, "code", None), error.response.headers, body)


def _status_fault(refusal: _Refusal, endpoint: Endpoint) -> PhylolmError:
    status, host = refusal.status, endpoint.host
    said = plain(redact(_message(refusal.body), endpoint.key))
    if status in (401, 403) or "API_KEY_INVALID" in str(refusal.body):
        which = f"in {endpoint.key_env}" if endpoint.key else f"(none is set in {endpoint.key_env})"
        return BackendError(f"{host} refuses the key {which} ({status}): it may have expired")
    if status == 402 or refusal.code == "insufficient_quota":
        return BackendError(f"{host}: the account has no credit left ({status})")
    if status == 404:
        kind = "chats" if endpoint.chat else "text completions"
        other = "completions" if endpoint.chat else "chat"
        perhaps = f", or no {kind} (then add ?endpoint={other})"
        if other in endpoint.lacks:
            perhaps = ""
        return BackendError(f"{host} has no model {endpoint.model!r}{perhaps}: {said}")
    if status in (408, 409, 425, 429) or status >= 500:
        return HiccupError(f"{host} answers {status}: {said}", _wait_told(refusal), billed=False)
    if status < 400:
        return BackendError(f"{host} sends elsewhere ({status}): name the right address")
    return BadRequestError(f"{host} refuses the request ({status}): {said}")


def _message(body: Any) -> str:
    """The server's own words: {"error": {"message": …}}, {"error": …}, {"detail": …}, or text."""
    for name in ("error", "message", "detail"):
        if isinstance(body, dict) and name in body:
            body = body[name]
    return body if isinstance(body, str) else str(body or "")[:2000]


def _wait_told(refusal: _Refusal) -> float | None:
    """Seconds to wait: Retry-After, or what Google says in the body. A date counts from the
    server's own clock, as ours may be wrong."""
    headers = refusal.headers
    told = re.search(r"'retryDelay': '(\d{1,9}(?:\.\d{1,9})?)s'", str(refusal.body))
    said = headers.get("retry-after", told[1] if told else "")
    try:
        return max(0.0, float(said))
    except ValueError:
        pass
    try:
        until = parsedate_to_datetime(said)
        wait = (until - parsedate_to_datetime(headers.get("date", ""))).total_seconds()
    except (ValueError, TypeError):
        return None
    return max(0.0, wait)
