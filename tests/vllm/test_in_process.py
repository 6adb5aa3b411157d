"""`vllm:MODEL`: the engine inside the process, for offline batches."""

import json
import subprocess
from pathlib import Path

import pytest

from agents.llm.embedded import EmbeddedModel
from tests.vllm.conftest import PYTHON, stop
from tests.vllm.questions import HEAD, PATHS, PREFIX

ROOT = Path(__file__).parents[2]
TIMEOUT_S = 900


def test_the_engine_ranks_and_scores_in_this_process(
    model_dir: Path, vllm_environment: dict[str, str]
) -> None:
    process = subprocess.Popen(
        [str(PYTHON), "-m", "tests.vllm.in_process", str(model_dir)],
        cwd=ROOT,
        env=vllm_environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    try:
        answered, said = process.communicate(timeout=TIMEOUT_S)
    finally:
        stop(process)
    assert process.returncode == 0, said[-4000:]
    found = json.loads(answered.splitlines()[-1])
    assert found["name"] == f"vllm:{model_dir}"
    assert found["attempts"] == [1] * 8
    assert set(found["picked"]) <= {1, 2, 3}
    own = EmbeddedModel.load(model_dir, precision="float32", threads=1).score(PREFIX, PATHS, head=HEAD)
    assert [tokens for _, tokens in found["scores"]] == [score.tokens for score in own]
    for (logprob, _), score in zip(found["scores"], own, strict=True):
        assert logprob == pytest.approx(score.logprob, rel=0.01)
    assert found["tokens_in"] > sum(score.tokens for score in own)
