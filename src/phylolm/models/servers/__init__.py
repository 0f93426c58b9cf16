"""Models behind servers.

Inside: `model` (the backend), `server` (what one server is and was found to do), `sampled` and
`reported` (the two ways to ask), `providers` (addresses, keys), `prompt_modes` (genes to chat
models), `openai_api`, `anthropic_api`, `google_api` (one call), `failures`, `retry`, `concurrent`,
`doctor` (can it be trusted), `logprobs`, `alleletree`.
"""
