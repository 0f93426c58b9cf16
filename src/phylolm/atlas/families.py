"""What is known beforehand about model families: their names, architectures, usual sizes.

Here: tables and one lookup. Next door: `names` reads whole ids with them. A family is a line of
pretrained models; a name that only derivatives bear (vicuna) points to the line they come from.
"""

from __future__ import annotations

import re
from functools import cache

# family: (pattern of a token, architectures as in a config's model_type; * ends a prefix).
_FAMILIES: dict[str, tuple[str, str]] = {
    "llama": (r"(?:meta|open|tiny|code|sheared)?llama(?!cpp)", "llama llama4* mllama"),
    "qwen": (r"qwen|qwq", "qwen*"),
    "mistral": (r"(?:mistral|ministral|devstral|magistral|codestral)(?!ai)", "mistral* ministral*"),
    "mixtral": (r"mixtral", "mixtral"),
    "gemma": (r"(?:code|med|shield|pali|t5)?gemma", "gemma*"),
    "phi": (r"phi(?:msft)?(?![a-z])", "phi phi3* phi4* phi-msft phimoe llama mistral"),
    "gpt2": (r"(?:distil|ru|ko|my)?gpt2|dialogpt|gpt2$", "gpt2"),
    "gpt-neox": (r"gptneox|neox|pythia", "gpt_neox*"),
    "gpt-neo": (r"gptneo(?!x)", "gpt_neo"),
    "gpt-j": (r"gptj", "gptj"),
    "gpt-oss": (r"gptoss", "gpt_oss"),
    "opt": (r"opt$|opt(?:iml)$|galactica", "opt"),
    "bloom": (r"bloomz?(?![a-y])", "bloom"),
    "falcon": (r"falcon", "falcon* refinedweb* RefinedWeb* llama"),
    "mpt": (r"mpt$", "mpt"),
    "stablelm": (r"stablelm|stablecode", "stablelm*"),
    "starcoder": (r"starcoder|santacoder|gptbigcode", "gpt_bigcode starcoder2"),
    "codegen": (r"codegen", "codegen"),
    "olmo": (r"olmoe?", "olmo*"),
    "exaone": (r"exaone", "exaone*"),
    "granite": (r"granite", "granite* llama gpt_bigcode"),
    "internlm": (r"internlm", "internlm*"),
    "baichuan": (r"baichuan", "baichuan"),
    "chatglm": (r"chatglm|glm$|glm\d", "glm* chatglm"),
    "command-r": (r"commandr|(?:c4ai|aya)$", "cohere*"),
    "smollm": (r"smollm", "llama smollm3 mistral"),
    "lfm": (r"lfm\d", "lfm*"),
    "minimax": (r"minimax", "minimax*"),
    "rwkv": (r"rwkv", "rwkv*"),
    "mamba": (r"mamba", "mamba*"),
    "openelm": (r"openelm", "openelm"),
    "jais": (r"jais$", "jais"),
    "xglm": (r"xglm", "xglm"),
    "ctrl": (r"ctrl$", "ctrl"),
    "t5": (r"(?:flan|code|byt|vi|ko|it|pt|indo|ar)?t5(?:v1)?$|[a-z]*[a-ln-z]t5$", "t5 longt5"),
    "mt5": (r"mt5", "mt5"),
    "long-t5": (r"longt5", "longt5"),
    "mbart": (r"mbart", "mbart"),
    "plbart": (r"plbart", "plbart"),
    "bart": (r"[a-z]*bart$", "bart"),
    "pegasus": (r"pegasus", "pegasus*"),
    "marian": (r"opusmt|marian", "marian"),
    "m2m100": (r"m2m100|nllb", "m2m_100"),
    "xlm-roberta": (r"xlmroberta|xlmr$", "xlm-roberta*"),
    "camembert": (r"camembert", "camembert"),
    "deberta": (r"m?deberta", "deberta*"),
    "distilbert": (r"distilm?bert", "distilbert"),
    "mobilebert": (r"mobilebert", "mobilebert"),
    "convbert": (r"convbert", "convbert"),
    "hubert": (r"(?:distil)?hubert", "hubert"),
    "albert": (r"albert", "albert"),
    "modernbert": (r"modernbert", "modernbert"),
    "roberta": (r"[a-z]*roberta", "roberta"),
    "bert": (r"[a-z]*berts?$", "bert"),
    "electra": (r"[a-z]*electra", "electra"),
    "mpnet": (r"mpnet", "mpnet"),
    "minilm": (r"minilm", "bert xlm-roberta"),
    "xlnet": (r"xlnet", "xlnet"),
    "longformer": (r"longformer", "longformer"),
    "bigbird": (r"bigbird", "big_bird bigbird_pegasus"),
    "layoutlm": (r"layoutlm|layoutxlm", "layoutlm*"),
    "wav2vec2": (r"wav2vec2?|xlsr|w2v2[a-z]*", "wav2vec2*"),
    "wavlm": (r"wavlm", "wavlm"),
    "whisper": (r"(?:distil|faster)?whisper", "whisper"),
    "segformer": (r"segformer", "segformer"),
    "swin": (r"swin", "swin*"),
    "vit": (r"vit$", "vit*"),
    "clip": (r"clip$", "clip"),
    "dpr": (r"dpr$", "dpr"),
    "tapas": (r"tapas", "tapas"),
    "esm": (r"esm\d?$", "esm"),
    "yi": (r"yi$", "llama"),
    "solar": (r"solar$", "llama"),
}  # fmt: skip

# Names that derivatives of one line bear; any name above outranks them.
_DERIVED: dict[str, tuple[str, str]] = {
    "deepseek": (r"deepseek", "deepseek* llama qwen2"),
    "llama": (r"vicuna|alpaca|alpacino|guanaco|wizardlm|wizardcoder|koala|airoboros|superhot"
              r"|openbuddy|xwin|baize|platypus\d?|stablebeluga\d?|manticore|nemotron", "llama"),
    "mistral": (r"zephyr|openhermes|mistrallite|neuralhermes|openorca", "mistral"),
    "gpt-neox": (r"dolly|redpajama|oasst", "gpt_neox"),
    "starcoder": (r"starchat", "gpt_bigcode starcoder2"),
    "t5": (r"flan", "t5"),
}  # fmt: skip

_USUAL_SIZES: dict[str, dict[str, float]] = {
    "gpt2": {"": 124e6, "medium": 355e6, "large": 774e6, "xl": 1.56e9},
    "bert": {"tiny": 4.4e6, "mini": 11e6, "small": 29e6, "medium": 41e6, "base": 110e6,
             "large": 335e6},
    "roberta": {"base": 125e6, "large": 355e6},
    "xlm-roberta": {"base": 278e6, "large": 560e6},
    "distilbert": {"base": 66e6},
    "deberta": {"base": 184e6, "large": 435e6},
    "electra": {"small": 14e6, "base": 110e6, "large": 335e6},
    "albert": {"base": 12e6, "large": 18e6, "xlarge": 60e6, "xxlarge": 235e6},
    "camembert": {"base": 111e6, "large": 335e6},
    "bart": {"base": 139e6, "large": 406e6},
    "mbart": {"large": 611e6},
    "t5": {"small": 60e6, "base": 223e6, "large": 738e6, "xl": 2.85e9, "xxl": 11e9},
    "mt5": {"small": 300e6, "base": 582e6, "large": 1.23e9, "xl": 3.7e9, "xxl": 13e9},
    "pegasus": {"large": 568e6},
    "wav2vec2": {"base": 95e6, "large": 315e6},
    "whisper": {"tiny": 38e6, "base": 73e6, "small": 242e6, "medium": 764e6, "large": 1.54e9},
    "xlnet": {"base": 117e6, "large": 361e6},
    "vit": {"base": 86e6, "large": 304e6, "small": 22e6, "tiny": 5.7e6},
    "mpnet": {"base": 109e6},
}  # fmt: skip
"""Parameters that a family's size words stand for; "" is the size without a word."""


def _compiled(table: dict[str, tuple[str, str]]) -> list[tuple[str, re.Pattern[str]]]:
    return [(family, re.compile(pattern)) for family, (pattern, _) in table.items()]


_NAMED, _DERIVATIVES = _compiled(_FAMILIES), _compiled(_DERIVED)


@cache
def family_of(token: str) -> tuple[str, int]:
    """The family a token names and how surely: 2 by its own name, 1 by a derivative's, 0 none."""
    for rank, table in ((2, _NAMED), (1, _DERIVATIVES)):
        for family, pattern in table:
            if pattern.match(token):
                return family, rank
    for family in ("llama", "mistral", "qwen", "gemma", "gpt2"):
        if family in token:
            return family, 2
    return "", 0


@cache
def fits(family: str, architecture: str) -> bool:
    """Whether models of a family may have this architecture (a config's model_type)."""
    known = " ".join(table[family][1] for table in (_FAMILIES, _DERIVED) if family in table)
    return any(
        architecture.startswith(each[:-1]) if each.endswith("*") else architecture == each
        for each in known.split()
    )


@cache
def architecture_family(architecture: str) -> str:
    """The first family whose models have this architecture, "" for none."""
    return next((family for family in _FAMILIES if fits(family, architecture)), "")


def usual_size(family: str, words: frozenset[str]) -> float | None:
    """Parameters by a family's size words (base, large, …), None where none is told."""
    sizes = _USUAL_SIZES.get(family, {})
    return next((sizes[word] for word in sizes if word in words), sizes.get(""))


def has_size_words(family: str) -> bool:
    """Whether "base" tells a size in this family, and not a stage of training."""
    return family in _USUAL_SIZES
