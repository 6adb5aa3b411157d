"""Run by vLLM's own Python: the engine inside this process, and what it answered as JSON on the last line."""

import json
import sys
from concurrent.futures import ThreadPoolExecutor

from agents.llm.answer import ask
from agents.llm.chat import EmbeddedChat
from agents.llm.model import LLM
from agents.llm.usage import counting_usage
from agents.llm.vllm_engine import VLLMModel
from tests.vllm.questions import HEAD, PATHS, PREFIX, QUESTION, Pick


def main(folder: str) -> None:
    model = VLLMModel(folder, enforce_eager=True, max_model_len=2048)
    llm = LLM(model.name, EmbeddedChat(model=model, max_batch=8), model, "rank")
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: ask(llm, QUESTION, Pick), range(8)))
    with counting_usage() as counter:
        scores = model.score(PREFIX, PATHS, head=HEAD)
    found = {
        "name": model.name,
        "picked": [answer.value.number for answer in answers],
        "attempts": [answer.attempts for answer in answers],
        "scores": [[score.logprob, score.tokens] for score in scores],
        "tokens_in": counter.usage.tokens_in,
    }
    print(json.dumps(found))


if __name__ == "__main__":
    main(sys.argv[1])
