"""Which settings change what a model answers, and so belong to the key of a kept answer.

Whoever adds a setting puts its name into one of the two sets; a test fails until then. What agents do with
their own settings (candidates, definitions, prompts) shows in the text that is asked, also part of the key.
"""

CHANGES_ANSWERS = frozenset({"spec", "base_url", "temperature"})
"""Parameters of `agents.llm.factory.build_llm`."""

KEEPS_ANSWERS = frozenset(
    {
        "api_key",
        "timeout_s",
        "max_retries",
        "threads",  # changes the last digits of a sum, as the machine does
        "accept_gemma_terms",
        "max_concurrency",
        "cache_dir",
        "llm_cache",
    }
)
"""Parameters of `build_llm` that decide whether and when an answer comes."""

SETTINGS = {
    "llm": "spec",
    "llm_base_url": "base_url",
    "llm_api_key": "api_key",
    "llm_timeout_s": "timeout_s",
    "llm_max_retries": "max_retries",
    "llm_concurrency": "max_concurrency",
    "llm_cache": "llm_cache",
    "accept_gemma_terms": "accept_gemma_terms",
    "threads": "threads",
    "cache_dir": "cache_dir",
}
"""Names in `catalog.settings.Settings` and the parameter of `build_llm` that each becomes."""
