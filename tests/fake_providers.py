"""Small servers that speak Anthropic's and Google's protocols; their faults are FakeServer's."""

from __future__ import annotations

from typing import Any

from fake_server import FakeServer


class AnthropicServer(FakeServer):
    """POST /v1/messages. prefills: whether an answer may be begun."""

    def __init__(self) -> None:
        super().__init__()
        self.prefills = True

    @property
    def url(self) -> str:
        return super().url.removesuffix("/v1")

    def read(self, asked: dict[str, Any], path: str) -> dict[str, Any]:
        assert path.startswith("/v1/messages") and asked["thinking"] == {"type": "disabled"}
        last = asked["messages"][-1]
        if last["role"] == "assistant" and not self.prefills:
            return {"refused": "This model does not support assistant message prefill."}
        if last["role"] == "assistant" and last["content"] != last["content"].rstrip():
            return {"refused": "final assistant content cannot end with trailing whitespace"}
        return asked

    def write(self, answer: dict[str, Any]) -> dict[str, Any]:
        texts = [choice["message"]["content"] for choice in answer["choices"]]
        used = answer["usage"]
        return {
            "type": "message",
            "model": answer["model"],
            "content": [{"type": "text", "text": text} for text in texts if text],
            "stop_reason": "max_tokens" if any(texts) else "end_turn",
            "usage": {
                "input_tokens": used["prompt_tokens"],
                "output_tokens": used["completion_tokens"],
            },
        }


class GoogleServer(FakeServer):
    """POST /v1beta/models/NAME:generateContent. blocks: whether it holds back what it says."""

    def __init__(self) -> None:
        super().__init__()
        self.blocks = ""

    @property
    def url(self) -> str:
        return super().url.removesuffix("/v1")

    def read(self, asked: dict[str, Any], path: str) -> dict[str, Any]:
        assert path == "/v1beta/models/fake:generateContent", path
        settings = asked["generationConfig"]
        read = {
            "messages": [{"content": asked["contents"][-1]["parts"][0]["text"]}],
            "max_tokens": settings["maxOutputTokens"],
            "n": settings.get("candidateCount", 1),
            "temperature": settings["temperature"],
            "seed": settings.get("seed"),
        }
        return {name: value for name, value in read.items() if value is not None}

    def write(self, answer: dict[str, Any]) -> dict[str, Any]:
        used = answer["usage"]
        found: dict[str, Any] = {
            "candidates": [_candidate(c["message"]["content"]) for c in answer["choices"]],
            "modelVersion": answer["model"],
            "usageMetadata": {
                "promptTokenCount": used["prompt_tokens"],
                "candidatesTokenCount": used["completion_tokens"],
                "thoughtsTokenCount": 3,
            },
        }
        if self.blocks == "prompt":
            return {"promptFeedback": {"blockReason": "OTHER"}}
        if self.blocks == "answer":
            found["candidates"] = [{"finishReason": "RECITATION"}] * len(found["candidates"])
        return found

    def key_sent(self, headers: Any) -> str:
        return str(headers.get("x-goog-api-key", ""))

    def bad_key(self, shown: str) -> tuple[int, object]:
        reason = [{"reason": "API_KEY_INVALID"}]
        return 400, {"error": {"code": 400, "message": f"{shown} not valid", "details": reason}}


def _candidate(text: str) -> dict[str, Any]:
    thought = {"text": "let me see", "thought": True}
    return {
        "content": {"role": "model", "parts": [thought, {"text": text}]},
        "finishReason": "MAX_TOKENS",
    }
