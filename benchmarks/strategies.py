"""Strategies of the general expert × data sets, in the shape of Table 4 of Cheng et al. (2024).

    python -m benchmarks.strategies DATA_FOLDER --workspaces bigbasket_en=DIR flipkart_en=DIR --cases 250

DATA_FOLDER holds NAME.parquet and NAME.split.parquet. The fusion is fitted on the least sure fifth of the
validation rows, which training left in the workspace; the gain over the domain expert is measured, in pairs,
on the least sure fifth of the test part, which is read for nothing else. A case without an answer keeps the
domain expert's and is counted in a column of its own. Writes benchmarks/results/strategies.json after every
strategy and goes on behind what is there already. Definitions and names that are missing are written into the
workspace: give it a copy.
"""

import argparse
import json
import math
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from agents.case import Case
from agents.domain_expert import DomainExpert
from agents.fusion import Fusions
from agents.general_expert import GeneralExpert
from agents.llm.factory import LLM
from agents.strategies import STRATEGIES
from agents.summarizer import Summarizer
from app.labelled import Part, read_labelled
from app.threads import use_threads
from app.tuning import cases_of, sampled, tune
from app.validation import ValidationRow, read_validation
from benchmarks.provenance import RESULTS, commit, machine, write
from catalog.chunks import chunked
from catalog.errors import DualExpertError, LLMError
from catalog.product import Product
from catalog.progress import Silent
from catalog.settings import SELECTOR_LLM, load_settings
from evaluation.paired import mcnemar
from graph.context import Experts
from graph.open import Opening, experts_over, llm_from_settings, open_summarizer
from retrieval.workspace import MANIFEST, SELECTOR, Workspace, file_hash

FILE = RESULTS / "strategies.json"
UNSURE_SHARE = 0.2
EVERY = (*STRATEGIES, "name+definition", "name+definition+cot_rank", SELECTOR_LLM)
_CHUNK = 512


@dataclass(frozen=True)
class Bench:
    """One data set, opened once for all strategies.

    Attributes:
        fitting: least sure validation rows, to fit the fusion on.
        testing: least sure test products, to measure on.
        identity: what a result depends on, beside strategy and prompt.
    """

    workspace: Workspace
    domain_expert: DomainExpert
    summarizer: Summarizer
    fitting: Sequence[ValidationRow]
    testing: Sequence[Product]
    identity: Mapping[str, Any]


def opened(data: Path, name: str, folder: Path, llm: LLM | None, options: argparse.Namespace) -> Bench:
    """Read the rows of both parts and keep `--cases` of the least sure fifth of each, drawn by the seed."""
    catalog, split = data / f"{name}.parquet", data / f"{name}.split.parquet"
    workspace = Workspace(folder)
    expert = DomainExpert.open(workspace, device=options.device)
    labelled = read_labelled(
        catalog, columns={}, part=Part.read(split, "test"), taxonomy=expert.taxonomy, progress=Silent()
    )
    unsure = least_sure(expert, labelled.products, options.top_k)
    rows = sorted(read_validation(workspace), key=lambda row: row.confidence)
    fitting = rows[: math.ceil(UNSURE_SHARE * len(rows))]
    testing = sampled(unsure, options.cases, options.seed)
    return Bench(
        workspace,
        expert,
        open_summarizer(workspace, expert, llm if options.define_llm else None),
        sampled(fitting, options.cases, options.seed),
        testing,
        {
            "data": {"catalog": file_hash(catalog), "split": file_hash(split)},
            "workspace": file_hash(workspace.path(MANIFEST)),
            "fitting_cases": min(len(fitting), options.cases),
            "testing_cases": len(testing),
            "of_test_rows": len(labelled.products),
            "seed": options.seed,
            "top_k": options.top_k,
            "definitions": options.llm if options.define_llm else "extractive where none stood",
        },
    )


def least_sure(expert: DomainExpert, products: Sequence[Product], k: int) -> list[Product]:
    """The fifth with the least confidence, least sure first."""
    confidences: list[float] = []
    for chunk in chunked(products, _CHUNK):
        confidences += [recommendation.confidence for recommendation in expert(chunk, k=k)]
    order = np.argsort(confidences, kind="stable")[: math.ceil(UNSURE_SHARE * len(products))]
    return [products[i] for i in order.tolist()]


def measured(bench: Bench, strategy: str, llm: LLM | None, options: argparse.Namespace) -> dict[str, Any]:
    """Fit on validation, then measure on test."""
    opening = Opening(
        bench.workspace.folder,
        llm=llm,
        selector=strategy == SELECTOR_LLM,
        strategy=None if strategy == SELECTOR_LLM else strategy,
        keep_names=True,
        fusions=Fusions(),
    )
    experts = replace(
        experts_over(opening, bench.workspace, bench.domain_expert), summarizer=bench.summarizer
    )
    start = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "general.json"
        tuning = tune(
            bench.fitting,
            experts,
            file,
            top_k=options.top_k,
            concurrency=options.concurrency,
            seed=options.seed,
            progress=Silent(),
        )
        fusions = Fusions.load(file)
    general = _general_expert(experts)
    fitted = GeneralExpert(general.ranker, fusions, general.ties)
    tuned_in = time.perf_counter() - start
    return {
        **bench.identity,
        "model": general.model,
        "prompt": general.prompt,
        "way": "tuned on training rows" if strategy == SELECTOR_LLM else "off the shelf",
        "fusion": tuning.record.model_dump(mode="json"),
        "fusion_errors": tuning.failed,
        "fitting_seconds_a_case": round(tuned_in / max(1, len(bench.fitting)), 3),
        **_tested(bench, experts, fitted, options),
    }


def _general_expert(experts: Experts) -> GeneralExpert:
    if experts.general_expert is None:
        raise SystemExit("There is no general expert to measure.")
    return experts.general_expert


def _tested(
    bench: Bench, experts: Experts, fitted: GeneralExpert, options: argparse.Namespace
) -> dict[str, Any]:
    cases = cases_of(bench.testing, experts, options.top_k, Silent())
    start = time.perf_counter()
    with ThreadPoolExecutor(options.concurrency) as pool:
        answers = list(pool.map(lambda case: _answer(fitted, case), cases))
    seconds = time.perf_counter() - start
    domain = np.asarray([_right(case, 0) for case in cases])
    dual = np.asarray([_right(case, a.first) for case, a in zip(cases, answers, strict=True)])
    alone = np.asarray([_right(case, a.alone) for case, a in zip(cases, answers, strict=True)])
    within = np.asarray([any(_right(c, i) for i in range(len(c.recommendation.candidates))) for c in cases])
    return {
        "domain_accuracy": float(domain.mean()),
        "general_alone_accuracy": float(alone.mean()),
        "dual_accuracy": float(dual.mean()),
        "gain": float(dual.mean() - domain.mean()),
        "right_within_candidates": float(within.mean()),
        "errors": sum(a.error for a in answers),
        "none_fits": sum(a.none_fits for a in answers),
        "extra_calls": sum(a.extra_calls for a in answers),
        "mcnemar": mcnemar(domain, dual).model_dump(mode="json"),
        "seconds_a_case": round(seconds / len(cases), 3),
    }


@dataclass(frozen=True)
class Answered:
    """Attributes:
    first, alone: candidate place by both experts and by the general expert alone; on error the domain
        expert's.
    """

    first: int = 0
    alone: int = 0
    error: bool = False
    none_fits: bool = False
    extra_calls: int = 0


def _answer(expert: GeneralExpert, case: Case) -> Answered:
    try:
        made = expert(case, explain=False)
    except LLMError:
        return Answered(error=True)
    return Answered(
        first=int(np.argmax(made.probabilities)),
        alone=int(np.argmax(made.scores)),  # the first of equals is the domain expert's
        none_fits="none_fits" in made.flags,
        extra_calls=made.extra_calls,
    )


def _right(case: Case, place: int) -> bool:
    return case.recommendation.candidates[place].category_path in case.product.category_paths


def table(found: Mapping[str, Mapping[str, Any]]) -> str:
    """Markdown: a row a strategy, and of each data set gain in points with its p, errors, seconds a case."""
    names = list(found)
    rows = [["strategy", "way", *(f"{n}: {c}" for n in names for c in ("gain (p)", "errors", "s a case"))]]
    rows.append(["---"] * len(rows[0]))
    for strategy in dict.fromkeys(s for results in found.values() for s in results):
        here = [found[name].get(strategy) for name in names]
        way = next(result["way"] for result in here if result)
        rows.append([strategy, way, *(cell for result in here for cell in _cells(result))])
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def _cells(result: Mapping[str, Any] | None) -> tuple[str, str, str]:
    if result is None:
        return "", "", ""
    gain = f"{100 * result['gain']:+.1f} ({result['mcnemar']['p']:.3f})"
    return gain, str(result["errors"]), f"{result['seconds_a_case']:.2f}"


def run(name: str, folder: Path, options: argparse.Namespace, found: dict[str, Any]) -> None:
    """All strategies on one data set that have no result of the same rows yet."""
    use_threads(options.threads)
    llm = llm_from_settings(load_settings(llm=options.llm, llm_base_url=options.llm_base_url))
    bench = opened(options.folder, name, folder, llm, options)
    results = found.setdefault(options.llm, {}).setdefault(name, {})
    for strategy in options.strategies:
        if strategy == SELECTOR_LLM and not bench.workspace.path(SELECTOR).is_dir():
            continue
        if strategy in results and all(results[strategy].get(k) == v for k, v in bench.identity.items()):
            print(f"{name} {strategy}: done before", file=sys.stderr)
            continue
        try:
            result = measured(bench, strategy, llm, options)
        except DualExpertError as error:
            print(f"{name} {strategy}: {error}", file=sys.stderr)
            continue
        results[strategy] = {"commit": commit(), "machine": machine(), **result}
        write(options.results, found)
        print(f"{name} {strategy}: {result['seconds_a_case']:.2f} s a case", file=sys.stderr)


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--workspaces", nargs="+", required=True, metavar="NAME=DIR")
    parser.add_argument("--strategies", nargs="+", default=list(EVERY))
    parser.add_argument("--cases", type=int, default=250, help="most validation and most test cases")
    parser.add_argument("--llm", default="embedded")
    parser.add_argument("--llm-base-url")
    parser.add_argument("--define-llm", action="store_true", help="let the model write missing definitions")
    parser.add_argument("--top-k", type=int, default=10)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--concurrency", type=int, default=8)
    parser.add_argument("--device", default="auto")
    parser.add_argument("--results", type=Path, default=FILE)
    options = parser.parse_args(arguments)
    found: dict[str, Any] = (
        json.loads(options.results.read_text("utf-8")) if options.results.is_file() else {}
    )
    for given in options.workspaces:
        name, _, folder = given.partition("=")
        run(name, Path(folder), options, found)
    print(table(found.get(options.llm, {})))


if __name__ == "__main__":
    main()
