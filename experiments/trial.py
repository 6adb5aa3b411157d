"""One contestant's answer to one case, once."""

import json
from collections.abc import Mapping
from hashlib import blake2b

from agents.case import Case, Reasoning
from evaluation.record import Record
from experiments.recording import Request

_BYTES = 16


class Trial(Record):
    """Attributes:
    own: candidate that the general expert itself puts first; empty where it failed or says that none fits.
    fused: candidate that both experts put first; empty where it failed.
    ranking: paths by the general expert's own score, best first, at most three, with these scores.
    calls, tokens_in, tokens_out, tokens_cached: of all requests.
    kept: requests that the language model's own cache answered.
    cost: USD; None without a price.
    error: why there is no answer; None when there is one.
    """

    own: str = ""
    fused: str = ""
    ranking: tuple[tuple[str, float], ...] = ()
    reasoning: Reasoning | None = None
    calls: int = 0
    tokens_in: int = 0
    tokens_out: int = 0
    tokens_cached: int = 0
    kept: int = 0
    cost: float | None = None
    latency_ms: float = 0.0
    error: str | None = None


def trial_key(salt: Mapping[str, str], case: Case, requests: list[Request], repeat: int) -> str:
    """32 hexadecimal digits over everything that may change the answer.

    Args:
        salt: of the contestant: model, address, temperature, strategy, weights.
        requests: as they would be sent, so that an edit which a case does not show leaves its key as it is.
        repeat: from 0; each is a sample of its own.
    """
    content = {
        "salt": dict(salt),
        "candidates": [(c.category_id, c.category_path, c.score) for c in case.recommendation.candidates],
        "requests": [request.model_dump(exclude={"tokens"}) for request in requests],
        "repeat": repeat,
    }
    return blake2b(json.dumps(content, sort_keys=True).encode(), digest_size=_BYTES).hexdigest()
