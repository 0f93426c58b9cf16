"""A small OpenAI-compatible server with faults, for tests of whatever asks servers.

Its answers come from `FakeModel`, so that a run against it is repeatable up to the order of calls.
Set its attributes to make it misbehave; `faults` are used up one a request.
"""

from __future__ import annotations

import json
import random
import threading
import time
from collections import deque
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from phylolm.models.fake import FakeModel

WORDS = ["the", "a", "red", "blue", "green", "ship", "sea", "old", "new", "7", "12", "x"]


class FakeServer:
    """Listens on loopback from `with` to the end of the block."""

    def __init__(self) -> None:
        self.faults: deque[str] = deque()
        self.honours_n = True
        self.honours_limit = True
        self.honours_seed = False
        self.lists = True
        self.greedy = False
        self.honours_temperature = True
        self.shows_logprobs = False
        self.same_each_call = False
        self.model, self.fingerprint = "fake-1", "fp_1"
        self.most_choices = 1000
        self.refuses: set[str] = set()
        self.key = ""
        self.delay = 0.0
        self.retry_after = ""
        self.dress = "{}"
        """What answers look like; {} is the completion."""
        self.requests: list[dict[str, Any]] = []
        self.headers: list[dict[str, str]] = []
        self.paths: list[str] = []
        self.distributions = FakeModel(seed=3)
        self._lock = threading.Lock()
        self._random = random.Random(0)
        self.at_once = self.most_at_once = 0

    def __enter__(self) -> FakeServer:
        fake = self

        class Handler(_Handler):
            server_state = fake

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._server.handle_error = lambda *_: None  # type: ignore[method-assign]
        self._server.block_on_close = False
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}/v1"

    def spec(self, endpoint: str = "completions", name: str = "fake") -> str:
        return f"{self.url}#{name}?endpoint={endpoint}"

    def read(self, asked: dict[str, Any], path: str) -> dict[str, Any]:
        """A request in OpenAI's words; see `fake_providers` for others."""
        return asked

    def write(self, answer: dict[str, Any]) -> dict[str, Any]:
        """An answer in the server's own words."""
        return answer

    def key_sent(self, headers: Any) -> str:
        """What a client shows as its key."""
        return str(headers.get("authorization", "")).removeprefix("Bearer ")

    def bad_key(self, shown: str) -> tuple[int, object]:
        """What is said to one."""
        return 401, {"error": {"message": f"Incorrect API key provided: {shown}"}}

    def say(
        self, prompt: str, limit: int, seed: int | None, greedy: bool, asked: dict[str, Any]
    ) -> tuple[str, dict[str, Any]]:
        """A completion, and further fields of its choice."""
        text = self.completion(prompt, limit, seed, greedy)
        if not (self.shows_logprobs and asked.get("logprobs")):
            return text, {}
        names = text.split()
        return text, {
            "logprobs": {
                "tokens": names,
                "token_logprobs": [-1.0] * len(names),
                "top_logprobs": [{name: -1.0} for name in names],
            }
        }

    def completion(self, prompt: str, limit: int, seed: int | None, greedy: bool) -> str:
        with self._lock:
            drawn = self._random.random()
            noise = self._random
            if greedy:
                drawn, noise = 0.0, random.Random(0)
            elif seed is not None and self.honours_seed:
                noise = random.Random(seed)
                drawn = noise.random()
            elif self.same_each_call:
                noise = random.Random(len(prompt))
                drawn = noise.random()
            words = [noise.choice(WORDS) for _ in range(limit if self.honours_limit else 400)]
        found = ""
        for text, chance in self.distributions.distribution(prompt).items():
            found, drawn = text, drawn - chance
            if drawn < 0:
                break
        return self.dress.format(" ".join([found, *words[1:]]))


class _Handler(BaseHTTPRequestHandler):
    server_state: FakeServer
    protocol_version = "HTTP/1.1"
    # Head and body are sent apart: otherwise each answer waits for the client to confirm its head.
    disable_nagle_algorithm = True

    def log_message(self, *_: object) -> None:
        pass

    def do_POST(self) -> None:
        state = self.server_state
        asked = json.loads(self.rfile.read(int(self.headers["content-length"])))
        with state._lock:
            state.requests.append(asked)
            state.headers.append(dict(self.headers))
            state.paths.append(self.path)
            fault = state.faults.popleft() if state.faults else ""
            state.at_once += 1
            state.most_at_once = max(state.most_at_once, state.at_once)
        try:
            time.sleep(state.delay)
            self._answer(state, state.read(asked, self.path), fault)
        except (BrokenPipeError, ConnectionResetError):
            pass
        finally:
            with state._lock:
                state.at_once -= 1

    def _answer(self, state: FakeServer, asked: dict[str, Any], fault: str) -> None:
        shown = state.key_sent(self.headers)
        if state.key and shown != state.key:
            return self._send(*state.bad_key(shown))
        if fault.isdigit():
            echoed = f"trouble with Bearer {shown} \x1b[31m[red]"
            return self._send(int(fault), {"error": {"message": echoed, "code": None}})
        if fault == "quota":
            return self._send(429, {"error": {"message": "no", "code": "insufficient_quota"}})
        if fault == "hang":
            time.sleep(2.0)
        if fault == "drop":
            self.close_connection = True
            self.connection.shutdown(2)
            return None
        if "refused" in asked:
            return self._send(400, {"error": {"message": asked["refused"]}})
        if refused := state.refuses & asked.keys():
            return self._send(422, {"detail": f"unknown fields {sorted(refused)}"})
        if asked.get("n", 1) > state.most_choices:
            return self._send(400, {"error": {"message": "n is too large"}})
        if not state.lists and isinstance(asked.get("prompt"), list):
            return self._send(400, {"detail": "prompt must be a text"})
        answer = self._choices(state, asked, fault)
        if fault == "empty":
            answer["choices"] = []
        if fault == "other model":
            answer |= {"model": "fake-2\x1b[31m", "system_fingerprint": "fp_2"}
        body = json.dumps(state.write(answer)).encode()
        if fault == "not json":
            body = b"<html>bad gateway</html>"
        if fault == "no choices":
            body = b'{"object": "list"}'
        if fault == "bad choice":
            body = b'{"choices": [{"index": 0, "text": 7, "message": 7}]}'
        if fault == "huge":
            body = b" " * 9_000_000
        return self._send_body(200, body, cut=fault == "half")

    def _choices(self, state: FakeServer, asked: dict[str, Any], fault: str) -> dict[str, Any]:
        chat = "messages" in asked
        prompts = [asked["messages"][-1]["content"]] if chat else asked["prompt"]
        prompts = [prompts] if isinstance(prompts, str) else prompts
        count = asked.get("n", 1) if state.honours_n else 1
        count = max(1, count - 1) if fault == "one fewer" else count + (fault == "one more")
        limit = asked.get("max_tokens") or asked.get("max_completion_tokens") or 16
        choices: list[dict[str, Any]] = []
        cold = state.honours_temperature and asked.get("temperature") == 0
        for prompt in prompts:
            for number in range(count):
                seed = asked.get("seed")
                seed = None if seed is None else seed + number
                text, more = state.say(prompt, limit, seed, state.greedy or cold, asked)
                said = {"message": {"role": "assistant", "content": text}} if chat else {}
                said |= {} if chat else {"text": text}
                choices.append({"index": len(choices), "finish_reason": "length"} | said | more)
        return {
            "model": state.model,
            "system_fingerprint": state.fingerprint,
            "choices": choices,
            "usage": {"prompt_tokens": 10, "completion_tokens": limit * len(choices)},
        }

    def _send(self, status: int, said: object) -> None:
        self._send_body(status, json.dumps(said).encode())

    def _send_body(self, status: int, body: bytes, cut: bool = False) -> None:
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        if status in (429, 503) and self.server_state.retry_after:
            self.send_header("Retry-After", self.server_state.retry_after)
        self.end_headers()
        if cut:
            self.close_connection = True
            body = body[: len(body) // 2]
        self.wfile.write(body)
