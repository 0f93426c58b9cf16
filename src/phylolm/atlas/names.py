"""A model id, understood: owner, family, size, stage, quantisation and the rest, by one grammar.

    id      = [owner "/"] name            name = token {separator token}
    token   = size | quantisation | version | bits | context | word

A token is a run of letters and digits; a point between digits, and the underscores of llama.cpp's
types (Q4_K_M), belong to it. So 1.3b, 8x7B, v0.1, 4bit and 128k stay whole. Every token has one
role, found from the token alone; only "it", "base" and the meaning of a bare number depend on
what stands around them.

Here: the grammar. Next door: `families` has the tables of family names.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import pandas as pd

from phylolm.atlas.families import family_of, has_size_words, usual_size

_TOKEN = re.compile(
    r"(?<![^\W_])i?q[1-8]_(?:k(?:_(?:xl|[sml]))?|[01]|x?xs|nl|[sml])(?![^\W_])"  # Q4_K_M, IQ2_XS
    r"|(?<![^\W_.])\d{1,2}-bits?(?![^\W_])"
    r"|(?:[^\W_]|(?<=\d)\.(?=\d))+"
)
# Spellings made one before tokens are cut.
_SPELLING = [
    (re.compile(r"\bgpt[-_ ]?(neox?|j|2|oss|bigcode)(?![a-z])"), r"gpt\1"),
    (re.compile(r"\bxlm[-_ ]?r(?:oberta)?(?![a-z])"), "xlmroberta"),
    (re.compile(r"\bxls[-_ ]r(?![a-z])"), "xlsr"),
    (re.compile(r"\b(opus)[-_ ](mt)(?![a-z])"), r"\1\2"),
    (re.compile(r"\b(command)[-_ ](r)(?![a-z])"), r"\1\2"),
    (re.compile(r"\b(big|stable|open|tiny|code|long)[-_ ](bird|lm|llama|t5)(?![a-z])"), r"\1\2"),
    (re.compile(r"(?<![a-z0-9.])(\d)[_p](\d)(?=b(?![a-z0-9]))"), r"\1.\2"),
    (re.compile(r"(qwen|llama|gemma|phi|lfm|v)[-_]?(\d)_(\d)(?![a-z0-9])"), r"\1\2.\3"),
]
_GLUED = re.compile(
    r"(llama|qwen|gemma|mistral|mixtral|vicuna|falcon|phi|olmo|exaone|granite|internlm|baichuan"
    r"|smollm|lfm|chatglm|deepseek|tulu|wizardlm|stablelm|yi|minimax|bert)v?(\d+(?:\.\d+)*)"
)
_SIZE = re.compile(r"(?:(\d{1,2})x)?(\d{1,4}(?:\.\d+)?)([bmt])")
_ACTIVE = re.compile(r"a\d+(?:\.\d+)?b")
_EFFECTIVE = re.compile(r"e(\d+(?:\.\d+)?)b")
_VERSION = re.compile(r"v(\d{1,2}(?:\.\d+)*)[a-z]?")
_NUMBER = re.compile(r"\d{1,2}(?:\.\d+)?")
_CONTEXT = re.compile(r"(?:2|4|8|12|16|24|32|48|64|80|100|128|200|256|512)k|1m")
_BITS = re.compile(r"(\d{1,2})-?bits?|(?:int|nf|w|uint)(\d)(?:a\d+)?|fp(4|8)|(\d(?:\.\d+)?)bpw")
_LLAMA_CPP = re.compile(r"[io]?q([1-8])(?:_.+|k[sml]?|e)?")

_FORMATS = frozenset(
    "gguf ggml gptq awq exl2 exl3 mlx onnx openvino ov coreml tflite ctranslate2 ct2 aqlm hqq quip"
    " autoround autogptq autoawq marlin tensorrt trt nvfp4 mxfp4 mxfp8 bnb bitsandbytes"
    " smashed rknn rkllm litert hqt llamafile".split()
)
_QUANTISED = frozenset("quantized quantised quant quants imatrix i1 gs128 128g gr128 32g".split())
_FULL = {"fp16", "bf16", "f16", "fp32", "f32", "16bit", "32bit", "16-bit", "32-bit", "16bits"}
_MERGE = frozenset(
    "merge merges slerp ties dare della passthrough franken frankenmerge mergekit soup"
    " breadcrumbs nearswap mergemonster blend stock".split()
)
_ADAPTER = frozenset("lora loras qlora peft adapter adapters dora ia3 loha lokr".split())
_STAGES = {
    **dict.fromkeys(("base", "pt", "pretrain", "pretrained", "pretraining"), "base"),
    **dict.fromkeys(("instruct", "inst", "instruction", "instructed", "instruction-tuned"),
                    "instruct"),
    **dict.fromkeys(("chat", "chatml", "chatbot"), "chat"),
    **{word: word for word in ("sft", "dpo", "orpo", "kto", "simpo", "ipo", "ppo", "grpo", "rlhf",
                               "rlvr", "reward", "distill")},
    **dict.fromkeys(("distilled", "distillation"), "distill"),
    **dict.fromkeys(("reasoning", "reasoner", "thinking", "cot", "r1"), "reasoning"),
    **dict.fromkeys(("finetuned", "finetune", "finetuning", "ft", "tuned"), "finetuned"),
    "rl": "rlhf", "rm": "reward",
}  # fmt: skip
_LANGUAGES = {
    "zh": "zh cn chinese mandarin", "ja": "ja jp japanese", "ko": "ko kr korean",
    "de": "de german deutsch", "fr": "fr french", "es": "es spanish", "it": "italian ita",
    "pt": "portuguese ptbr", "ru": "ru russian", "ar": "ar arabic", "hi": "hi hindi",
    "tr": "tr turkish", "vi": "vi vietnamese", "th": "th thai", "id": "indonesian indo",
    "nl": "nl dutch", "pl": "pl polish", "sv": "sv swedish", "fi": "fi finnish", "cs": "cs czech",
    "uk": "uk ukrainian", "bn": "bn bengali", "fa": "fa persian farsi", "he": "he hebrew",
    "el": "el greek", "ro": "ro romanian", "hu": "hu hungarian", "en": "en english eng",
    "multilingual": "multilingual",
}  # fmt: skip
_LANGUAGE_OF = {word: code for code, words in _LANGUAGES.items() for word in words.split()}
# The parts that experts share: Mixtral 8x7B has 46.7e9 parameters, not 8 times 7.24e9.
_SHARED = 0.221
_SMALLEST, _LARGEST = 1e5, 2e13


@dataclass(frozen=True)
class Name:
    """What an id says. Fields are "", () or None where it says nothing.

    short: the id without its owner. tokens: lower case, in order. parameters: total count;
    stated: whether a size stands in the name (False: a size word such as "large"). generation:
    of the family, as in llama 3.1; version: of the model, as in v0.1. stages, languages: in order.
    quantisation: the bits or type; format: the file format. context: in tokens.
    """

    owner: str
    short: str
    tokens: tuple[str, ...]
    family: str = ""
    parameters: float | None = None
    stated: bool = False
    generation: str = ""
    version: str = ""
    stages: tuple[str, ...] = ()
    quantisation: str = ""
    format: str = ""
    quantised: bool = False
    merge: bool = False
    adapter: bool = False
    languages: tuple[str, ...] = ()
    context: int | None = None

    @property
    def kind(self) -> str:
        """adapter, quantized, merge or "" (nothing of these is in the name)."""
        if self.quantised:
            return "quantized"
        return "adapter" if self.adapter else "merge" if self.merge else ""


def tokens_of(short: str) -> tuple[str, ...]:
    """The tokens of a name, lower case.

    >>> tokens_of("Llama-2-7B-Chat-Q4_K_M.gguf")
    ('llama', '2', '7b', 'chat', 'q4_k_m', 'gguf')
    """
    text = short.lower()
    for pattern, spelling in _SPELLING:
        text = pattern.sub(spelling, text)
    found: list[str] = []
    for token in _TOKEN.findall(text):
        glued = _GLUED.fullmatch(token)
        found.extend(glued.groups() if glued else (token,))
    return tuple(found)


def parse_name(model: str) -> Name:
    """Everything an id says about its model."""
    owner, _, short = model.rpartition("/")
    tokens = tokens_of(short)
    family, place = _family(tokens)
    parameters, stated = _size(tokens, family)
    adapter = any(t in _ADAPTER for t in tokens) and "merged" not in tokens
    quantisation = next((t for t in tokens if _bits(t)), "")
    form = next((t for t in tokens if t in _FORMATS), "")
    return Name(
        owner, short, tokens, family, parameters, stated,
        _generation(tokens, place),
        next((m[1] for t in tokens if (m := _VERSION.fullmatch(t))), ""),
        _stages(tokens, family),
        quantisation, form,
        bool(quantisation or (form and form not in ("onnx", "mlx", "coreml", "tflite"))
             or any(t in _QUANTISED for t in tokens)),
        any(t in _MERGE for t in tokens) or ("model" in tokens and "stock" in tokens),
        adapter,
        tuple(dict.fromkeys(_LANGUAGE_OF[t] for t in tokens if t in _LANGUAGE_OF)),
        _context(tokens, stated),
    )  # fmt: skip


def names_table(models: Sequence[str]) -> pd.DataFrame:
    """One row an id, a column for each field of `Name` but tokens; lists joined by ";"."""
    columns: dict[str, list[object]] = {}
    for model in models:
        name = parse_name(model)
        for field, value in vars(name).items():
            if field != "tokens":
                joined = ";".join(value) if isinstance(value, tuple) else value
                columns.setdefault(field, []).append(joined)
        columns.setdefault("kind", []).append(name.kind)
    return pd.DataFrame(columns).astype({"parameters": "Float64", "context": "Int64"})


def _family(tokens: Sequence[str]) -> tuple[str, int]:
    """The first family named, own names before derivatives', and its place (-1: none)."""
    best, at, rank = "", -1, 0
    for place, token in enumerate(tokens):
        family, sure = family_of(token)
        if sure > rank:
            best, at, rank = family, place, sure
    return best, at


def _size(tokens: Sequence[str], family: str) -> tuple[float | None, bool]:
    sizes = [size for token in tokens if (size := _stated_size(token)) is not None]
    large = [size for size in sizes if size >= 1e8]
    if sizes:
        return (large or sizes)[0], True
    return usual_size(family, frozenset(tokens)), False


@cache
def _stated_size(token: str) -> float | None:
    """Parameters of a size token; 8x7b counts its experts.

    e4b says what runs at a time; with the embeddings of all layers it is about twice that.
    """
    if effective := _EFFECTIVE.fullmatch(token):
        return float(effective[1]) * 2e9
    parts = _SIZE.fullmatch(token)
    if parts is None or (parts[3] == "t" and "." not in parts[2]):
        return None
    size = float(parts[2]) * {"b": 1e9, "m": 1e6, "t": 1e12}[parts[3]]
    if parts[1]:
        experts = int(parts[1])
        size *= experts - (experts - 1) * _SHARED
    return size if _SMALLEST <= size <= _LARGEST else None


def _generation(tokens: Sequence[str], place: int) -> str:
    """The bare number after the family's name: llama 3.1; 31 and 25 are read as 3.1 and 2.5."""
    if place < 0 or place + 1 >= len(tokens):
        return ""
    number = tokens[place + 1]
    if not _NUMBER.fullmatch(number):
        return ""
    return f"{number[0]}.{number[1]}" if len(number) == 2 else number


def _stages(tokens: Sequence[str], family: str) -> tuple[str, ...]:
    found = []
    for token in tokens:
        if token == "base" and has_size_words(family):
            continue
        if token == "it" and family in ("gemma", "llama", "mistral", "qwen", "phi"):
            found.append("instruct")
        elif token in _STAGES:
            found.append(_STAGES[token])
    return tuple(dict.fromkeys(found))


@cache
def _bits(token: str) -> bool:
    """Whether a token says how many bits a quantised weight has."""
    if token in _FULL:
        return False
    bits = _BITS.fullmatch(token)
    if bits:
        return float(next(part for part in bits.groups() if part)) <= 8
    return _LLAMA_CPP.fullmatch(token) is not None or token in ("nvfp4", "mxfp4", "mxfp8")


def _context(tokens: Sequence[str], stated: bool) -> int | None:
    """128k -> 131,072; "1m" is a context only beside a size."""
    for token in tokens:
        if _CONTEXT.fullmatch(token) and (token != "1m" or stated):
            return (1 << 20) if token == "1m" else int(token[:-1]) * 1024
    return None
