"""The real SmolLM2, loaded once, in fp32 so that sums can be compared."""

import os
from collections.abc import Callable
from typing import Any

import pytest
import torch

from agents.llm.embedded import EmbeddedModel
from agents.llm.weights import SMOLLM2, model_folder
from catalog.settings import load_settings


@pytest.fixture(scope="session")
def smollm2() -> EmbeddedModel:
    return EmbeddedModel.load(
        model_folder(SMOLLM2, load_settings().cache_dir),
        precision="float32",
        threads=int(os.environ.get("OMP_NUM_THREADS", "1")),
    )


Naive = Callable[[EmbeddedModel, str, str], tuple[float, int]]


@pytest.fixture(scope="session")
def naive_score() -> Naive:
    """Log P(continuation | text) and its tokens by one plain forward pass over the whole sequence."""

    @torch.inference_mode()
    def score(model: EmbeddedModel, text: str, continuation: str) -> tuple[float, int]:
        encoded: Any = model._tokenizer(text + continuation, return_offsets_mapping=True)
        ids = torch.tensor([encoded["input_ids"]])
        logprobs = model._model(input_ids=ids).logits[0].float().log_softmax(-1)
        own = [place for place, (_, end) in enumerate(encoded["offset_mapping"]) if end > len(text)]
        return sum(float(logprobs[place - 1, ids[0, place]]) for place in own), len(own)

    return score
