"""`batch plan` beside the bill of the run that followed, with a server that answers by script.

    python -m benchmarks.batch_plan                                      the shipped catalog, trained for it
    python -m benchmarks.batch_plan NAME CATALOG WORKSPACE [--threshold T]

The server counts tokens with the tokenizer of SmolLM2, which the plan does not know, and writes answers whose
length is drawn from the product's text. Three plans are compared with the bill of what they speak of: before
anything was asked, after a pilot of the first rows with `--out`, and both against the server's own count.
Writes benchmarks/results/batch_plan.json.
"""

import argparse
import json
import random
import shutil
import subprocess
import sys
import tempfile
import threading
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from langchain_core.messages import convert_to_messages

from agents.llm.counting import TokenCounter, token_counter
from app.demo import RECIPE
from benchmarks.provenance import RESULTS, commit, machine, write
from catalog import shop
from catalog.progress import Silent
from catalog.reader import count_rows
from catalog.settings import load_settings
from retrieval.workspace import file_hash
from tests.fakes.openai_server import Behaviour, OpenAIServer, RecordedRequest
from training.train import TrainingJob, train

TARGET = RESULTS / "batch_plan.json"
MODEL = "scripted"
PRICES = f'[models."{MODEL}"]\ninput = 0.25\noutput = 2.0\n'
PILOT_ROWS = 200
BILLED = ("calls", "tokens_in", "tokens_out", "cost")


@dataclass
class Bill:
    """What the server counted."""

    counter: TokenCounter
    calls: int = 0
    tokens_in: int = 0
    tokens_out: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def add(self, tokens_in: int, tokens_out: int) -> None:
        with self.lock:
            self.calls += 1
            self.tokens_in += tokens_in
            self.tokens_out += tokens_out

    def so_far(self) -> dict[str, float]:
        cost = (0.25 * self.tokens_in + 2.0 * self.tokens_out) / 1e6
        return {"calls": self.calls, "tokens_in": self.tokens_in, "tokens_out": self.tokens_out, "cost": cost}

    def answer(self, request: RecordedRequest) -> Behaviour:
        """A ranking with grounds of a length that only the product decides."""
        messages = convert_to_messages([(m["role"], m["content"]) for m in request.body["messages"]])
        draw = random.Random(zlib.crc32(messages[-1].text.encode()))
        words = messages[-1].text.split()
        said = " ".join(draw.choices(words, k=min(60, max(5, round(draw.lognormvariate(3.0, 0.4))))))
        content = json.dumps(
            {
                "clues": draw.sample(words, 3),
                "user": "buyers",
                "use_case": "at home",
                "ranking": [1, 2],
                "reason": said[:500],
            }
        )
        used = self.counter.messages(messages), self.counter.text(content)
        self.add(*used)
        return lambda handler, _: handler.send_json(_completion(content, *used))


def _completion(content: str, tokens_in: int, tokens_out: int) -> dict[str, Any]:
    message = {"role": "assistant", "content": content}
    usage = {
        "prompt_tokens": tokens_in,
        "completion_tokens": tokens_out,
        "total_tokens": tokens_in + tokens_out,
    }
    choice = {"index": 0, "message": message, "finish_reason": "stop"}
    head = {"id": "c", "object": "chat.completion", "created": 0, "model": MODEL}
    return {**head, "choices": [choice], "usage": usage}


def command(*arguments: object) -> dict[str, Any]:
    """`dual-expert … --json`."""
    line = [sys.executable, "-m", "app", *map(str, arguments), "--json"]
    done = subprocess.run(line, stdout=subprocess.PIPE, text=True, check=False)
    if done.returncode not in (0, 1):
        raise SystemExit(f"`{' '.join(line)}` ended with {done.returncode}: {done.stdout}")
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


def compared(plan: Mapping[str, Any], bill: Mapping[str, float]) -> dict[str, Any]:
    """Each figure of a plan with what it came to."""
    return {
        name: {
            **{part: round(plan[name][part], 6) for part in ("low", "expected", "high")},
            "billed": round(bill[name], 6),
            "off": round(plan[name]["expected"] / bill[name] - 1, 4) if bill[name] else None,
        }
        for name in BILLED
    }


def measure(catalog: Path, workspace: Path, threshold: float | None, folder: Path) -> dict[str, Any]:
    """Plan, pilot, plan again, run."""
    settings = load_settings()
    bill = Bill(token_counter("embedded", cache_dir=settings.cache_dir, accept_gemma_terms=False))
    prices, out = folder / "prices.toml", folder / "out"
    prices.write_text(PRICES, "utf-8")
    with OpenAIServer(bill.answer) as server:
        given = ["--workspace", workspace, "--llm", MODEL, "--llm-base-url", server.base_url]
        given += ["--prices", prices, *(("--threshold", threshold) if threshold is not None else ())]
        first = command("batch", "plan", catalog, *given)
        command("batch", "run", catalog, *given, "--out", out, "--limit", PILOT_ROWS)
        pilot = bill.so_far()
        second = command("batch", "plan", catalog, *given, "--out", out)
        run = command("batch", "run", catalog, *given, "--out", out)
    whole = bill.so_far()
    rest = {name: whole[name] - pilot[name] for name in BILLED}
    return {
        "rows": count_rows(catalog),
        "catalog": file_hash(catalog),
        "sampled": first["sampled"],
        "pilot_rows": PILOT_ROWS,
        "statuses": run["statuses"],
        "before": compared(first, whole),
        "after_pilot": compared(second, rest),
        "run_against_server": {name: round(run[name] / whole[name] - 1, 6) for name in BILLED},
        "notes": [first["notes"], second["notes"]],
    }


def shipped(folder: Path) -> tuple[Path, Path]:
    """The shipped catalog and a workspace that is trained on it."""
    workspace = folder / "workspace"
    train(TrainingJob(shop.train_path(), workspace, RECIPE, columns={}), Silent())
    return shop.test_path(), workspace


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("name", nargs="?", default="shop")
    parser.add_argument("catalog", nargs="?", type=Path)
    parser.add_argument("workspace", nargs="?", type=Path)
    parser.add_argument("--threshold", type=float, help="of the gate, instead of the workspace's own")
    options = parser.parse_args(arguments)
    found = json.loads(TARGET.read_text("utf-8")) if TARGET.is_file() else {}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        catalog, trained = (options.catalog, options.workspace) if options.workspace else shipped(folder)
        workspace = folder / "copy"  # definitions that the run writes must not stay
        shutil.copytree(trained, workspace)
        command("define", "--workspace", workspace, "--llm", "none")
        result = measure(catalog, workspace, options.threshold, folder)
    head = {"commit": commit(), "machine": machine(), "threshold": options.threshold}
    found[options.name] = {**head, **result}
    write(TARGET, found)
    print(json.dumps(found[options.name], indent=1))


if __name__ == "__main__":
    main()
