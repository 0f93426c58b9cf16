"""The grammar of model ids."""

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from phylolm.atlas.families import architecture_family, fits
from phylolm.atlas.names import names_table, parse_name, tokens_of


@pytest.mark.parametrize(
    ("name", "tokens"),
    [
        ("bloom-1.3b", "bloom 1.3b"),
        ("Mixtral-8x7B-v0.1", "mixtral 8x7b v0.1"),
        ("Phi-3-mini-128k-instruct-4bit", "phi 3 mini 128k instruct 4bit"),
        ("x-7B-Q4_K_M.gguf", "x 7b q4_k_m gguf"),
        ("x_iq2_xxs", "x iq2_xxs"),
        ("llama2-7b", "llama 2 7b"),
        ("gpt-neo-125m", "gptneo 125m"),
        ("gpt_neox-20b", "gptneox 20b"),
        ("qwen2.5-4.0bpw-h6-exl2", "qwen 2.5 4.0bpw h6 exl2"),
        ("qwen2_5-1_5b", "qwen 2.5 1.5b"),
        ("a..b--c", "a b c"),
        ("4-bit-x", "4-bit x"),
        ("é模型", "é模型"),
        ("", ""),
    ],
)
def test_tokens_stay_whole(name, tokens):
    assert tokens_of(name) == tuple(tokens.split())


@pytest.mark.parametrize(
    ("model", "said"),
    [
        ("meta-llama/Meta-Llama-3.1-8B-Instruct",
         {"owner": "meta-llama", "family": "llama", "generation": "3.1", "parameters": 8e9,
          "stages": ("instruct",), "kind": ""}),
        ("TheBloke/Mixtral-8x7B-Instruct-v0.1-GPTQ",
         {"family": "mixtral", "version": "0.1", "format": "gptq", "kind": "quantized"}),
        ("a/Llama-2-7B-Chat-Q4_K_M-GGUF",
         {"quantisation": "q4_k_m", "format": "gguf", "stages": ("chat",)}),
        ("a/deepseek-r1-distill-llama-70b-4.0bpw-exl2",
         {"family": "llama", "parameters": 70e9, "quantisation": "4.0bpw"}),
        ("Qwen/Qwen3-30B-A3B-FP8", {"parameters": 30e9, "quantisation": "fp8"}),
        ("a/vicuna-13b-lora", {"family": "llama", "kind": "adapter"}),
        ("a/mistral-lora-merged", {"adapter": False}),
        ("a/x-slerp-7b-ties", {"merge": True, "kind": "merge"}),
        ("google/gemma-2-9b-it", {"stages": ("instruct",), "languages": ()}),
        ("Helsinki-NLP/opus-mt-en-de", {"family": "marian", "languages": ("en", "de")}),
        ("bert-base-uncased", {"family": "bert", "parameters": 110e6, "stated": False,
                               "stages": (), "owner": ""}),
        ("openai-community/gpt2-xl", {"family": "gpt2", "parameters": 1.56e9}),
        ("a/qwen2.5-7b-base", {"stages": ("base",), "generation": "2.5"}),
        ("a/Phi-3-mini-128k", {"family": "phi", "context": 131072, "parameters": None}),
        ("a/x-7b-16bit", {"quantised": False, "quantisation": ""}),
        ("huggingtweets/elonmusk", {"family": "", "parameters": None}),
        ("a/codellama31_8b", {"parameters": 8e9}),
    ],
)  # fmt: skip
def test_what_an_id_says(model, said):
    name = parse_name(model)
    assert {field: getattr(name, field) for field in said} == said


def test_experts_share_their_attention():
    assert parse_name("mixtral-8x7b").parameters == pytest.approx(46.7e9, rel=0.05)
    assert parse_name("mixtral-8x22b").parameters == pytest.approx(141e9, rel=0.05)


def test_architectures():
    assert fits("qwen", "qwen3_moe") and fits("llama", "llama") and not fits("llama", "qwen2")
    assert architecture_family("gpt_neox") == "gpt-neox" and architecture_family("zzz") == ""


@given(st.text(max_size=60))
def test_any_text_is_parsed(text):
    name = parse_name(text)
    assert all(token and not token.isspace() for token in name.tokens)
    assert parse_name(text) == name


def test_table():
    table = names_table(["a/llama-7b", "b/x", "[red]/\x1b[31m"])
    assert len(table) == 3 and table["family"].tolist() == ["llama", "", ""]
    assert table["parameters"].dtype == pd.Float64Dtype()


@pytest.mark.reference
def test_names_agree_with_known_architectures_and_sizes(reference):
    union = pd.read_parquet(reference / "hub" / "catalogue_union.parquet").dropna(
        subset=["model_type"]
    )
    union = union.iloc[::5]
    table = names_table(list(union["id"]))
    named = table["family"].to_numpy() != ""
    right = [
        fits(family, architecture)
        for family, architecture in zip(
            table["family"][named], union["model_type"][named], strict=True
        )
    ]
    assert named.mean() > 0.6 and sum(right) / len(right) > 0.94


def test_an_empty_id_is_a_mistake(run):
    code, _, err = run("atlas", "name", "gpt2", " ")
    assert code == 2 and "an empty id" in err
