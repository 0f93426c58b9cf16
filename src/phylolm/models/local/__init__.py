"""Models in this process: transformers and vLLM.

Inside: `hf` (the backend), `hub` and `fingerprint` (which weights), `model_runner`,
`forward_passes`, `caches`, `rows` (running it), `trie`, `token_healing`, `draws`, `vocabulary`
(sampling by prefix), `exact` (distributions), `vllm`.
"""
