"""How genes are put to chat models, and what is taken from their answers."""

from __future__ import annotations

import pytest

from phylolm.errors import ConfigError
from phylolm.models.protocol import Probe
from phylolm.models.servers import prompt_modes

GENE = "The old ship left the harbour and"


def test_the_gene_is_put_in_every_mode() -> None:
    assert prompt_modes.put(GENE, "bare") == prompt_modes.put(GENE, prompt_modes.CHAT_BARE) == GENE
    asked = prompt_modes.put(GENE, prompt_modes.CONTINUE)
    assert asked.endswith("\n\n" + GENE) and asked.startswith("Continue the text")
    assert prompt_modes.put(GENE, "template:Go on: {gene} {gene}!") == f"Go on: {GENE} {GENE}!"
    assert prompt_modes.put("{gene} {x}", "template:Go on: {gene}") == "Go on: {gene} {x}"


@pytest.mark.parametrize(
    ("wanted", "mode"),
    [
        ("auto", "chat-continue-1"),
        ("continue", "chat-continue-1"),
        ("chat-continue-1", "chat-continue-1"),
        ("bare", "chat-bare"),
        ("chat-bare", "chat-bare"),
        ("template:{gene}", "template:{gene}"),
    ],
)
def test_chat_modes(wanted: str, mode: str) -> None:
    assert prompt_modes.chat_mode(wanted) == mode


@pytest.mark.parametrize("wanted", ["chat", "chat-continue-9", "template:nothing"])
def test_unknown_modes_are_refused(wanted: str) -> None:
    with pytest.raises(ConfigError, match="prompt mode"):
        prompt_modes.chat_mode(wanted)


@pytest.mark.parametrize(
    ("answer", "completion"),
    [
        ("sailed north.", "sailed north."),
        (" sailed north.", " sailed north."),
        ("Sure, here is the continuation:\n\nsailed north", "sailed north"),
        ("Certainly! Here's how the text continues:\nsailed", "sailed"),
        ("Here is the continuation of the text:\n\n", ""),
        ("**Continuation:**\n\nsailed", "**Continuation:**\n\nsailed"),
        ("Continuation:\nsailed", "sailed"),
        ("```\nsailed north\n```", "sailed north"),
        ("```python\nreturn 3", "return 3"),
        ('"sailed north."', "sailed north."),
        ("“sailed north.”", "sailed north."),
        (f'"{GENE} sailed north', " sailed north"),
        (f"{GENE} sailed north", " sailed north"),
        (f"Sure, here you go:\n\n```\n{GENE} sailed", " sailed"),
        ("... sailed north", "sailed north"),
        ("…sailed north", "sailed north"),
        ('"Hello," she said', '"Hello," she said'),
        ('"Hello," she said, "you"', '"Hello," she said, "you"'),
        ('"Hello, you', '"Hello, you'),
        ("Sure as the tide, it turned", "Sure as the tide, it turned"),
        ("Here is where they met: a harbour", "Here is where they met: a harbour"),
        ("...", "..."),
        ("", ""),
        ('"', '"'),
    ],
)
def test_wrapped_answers_are_unwrapped(answer: str, completion: str) -> None:
    probe = prompt_modes.clean(answer, False, GENE, prompt_modes.CONTINUE)
    assert probe == Probe(completion, False, None if answer == completion else answer)


def test_only_answers_to_our_own_words_are_cleaned() -> None:
    for mode in ("bare", prompt_modes.CHAT_BARE, "template:{gene}"):
        assert prompt_modes.clean('"so"', True, GENE, mode) == Probe('"so"', True)
