"""Injections in product texts: how often the answer flips to the attacker's category, beside the clean twin.

    python -m benchmarks.injection WORKSPACE --strategies likelihood --merge

Three experts are asked about every pair of `tests/injections/corpus.jsonl`:

* the domain expert alone, which reads text as words and cannot be told anything, only stuffed;
* the general expert alone, once with the candidates that the poisoned text itself recalls (`general`) and
  once with those of the clean twin (`general_fixed`), so that nothing but the text it reads differs;
* the dual expert, both fused, as a verdict would have it.

A pair counts where the clean answer is not the attacker's category already. WORKSPACE must hold the shipped
shop, or `--rank-only` leaves out the attackers that name a category of it. Writes
benchmarks/results/injection.json.
"""

import argparse
import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from agents.case import Case, Recommendation
from app.opening import open_all
from app.threads import use_threads
from benchmarks.provenance import RESULTS, commit, machine, write
from catalog.errors import LLMError
from catalog.product import Product
from catalog.progress import Silent
from catalog.settings import load_settings
from evaluation.proportion import wilson
from graph.context import Experts
from retrieval.workspace import Workspace, file_hash
from tests.injections.corpus import FILE as CORPUS
from tests.injections.corpus import Injection, load_corpus

FILE = RESULTS / "injection.json"
STUFFED = "keyword_stuffing"


@dataclass(frozen=True)
class Attack:
    """One pair, ready to be asked about.

    Attributes:
        attacker: path of the category that the attacker wants.
        fixed: the poisoned product with the candidates and evidence of the clean one.
    """

    injection: Injection
    attacker: str
    clean: Case
    poisoned: Case
    fixed: Case


@dataclass(frozen=True)
class Outcome:
    """First categories before and after, by path; None where the expert failed."""

    attack: Attack
    before: str | None
    after: str | None

    @property
    def counts(self) -> bool:
        return self.before is not None and self.after is not None and self.before != self.attack.attacker

    @property
    def flipped(self) -> bool:
        return self.after == self.attack.attacker


class Asking:
    """One strategy of the general expert; what was asked once is not asked again."""

    def __init__(self, experts: Experts) -> None:
        if experts.general_expert is None:
            raise SystemExit("These settings have no general expert.")
        self._expert = experts.general_expert
        self._known: dict[Case, tuple[str, str] | None] = {}
        self.errors: list[str] = []

    def __call__(self, case: Case) -> tuple[str, str] | None:
        """First category of the general expert alone and of both; None where it failed."""
        if case not in self._known:
            self._known[case] = self._ask(case)
        return self._known[case]

    def _ask(self, case: Case) -> tuple[str, str] | None:
        try:
            found = self._expert(case, explain=False)
        except LLMError as error:
            self.errors.append(f"{case.product.product_id}: {error}")
            return None
        candidates = case.recommendation.candidates
        firsts = (int(np.argmax(column)) for column in (found.scores, found.probabilities))
        alone, both = (candidates[place].category_path for place in firsts)
        return alone, both


def attacks(injections: Sequence[Injection], experts: Experts, k: int) -> list[Attack]:
    """All pairs with their recommendations; an attacker whose rank is past the last candidate is left out."""
    clean = experts.domain_expert([_unnamed(i.clean_product()) for i in injections], k=k)
    reachable = [
        (i, r, t) for i, r in zip(injections, clean, strict=True) if (t := _target(i, r)) is not None
    ]
    poisoned = [i.poisoned_product(*target) for i, _, target in reachable]
    recommended = experts.domain_expert(poisoned, k=k)
    return [
        Attack(
            injection,
            target[0],
            _case(_unnamed(injection.clean_product()), before, experts),
            _case(product, after, experts),
            _case(product, before, experts),
        )
        for (injection, before, target), product, after in zip(reachable, poisoned, recommended, strict=True)
    ]


def _unnamed(product: Product) -> Product:
    """Clean twins of one product are the same case."""
    return product.model_copy(update={"product_id": "clean"})


def _target(injection: Injection, recommendation: Recommendation) -> tuple[str, int] | None:
    """Path and number of the attacker's category; number 1 where it is no candidate."""
    paths = [c.category_path for c in recommendation.candidates]
    attacker = injection.attacker
    if isinstance(attacker, str):
        return attacker, paths.index(attacker) + 1 if attacker in paths else 1
    return (paths[attacker - 1], attacker) if attacker <= len(paths) else None


def _case(product: Product, recommendation: Recommendation, experts: Experts) -> Case:
    ids = [c.category_id for c in recommendation.candidates]
    definitions = experts.summarizer.definitions(ids) if experts.summarizer else []
    return Case(product=product, recommendation=recommendation, definitions=tuple(definitions))


def first(case: Case) -> str:
    return case.recommendation.candidates[0].category_path


def domain_outcomes(all_attacks: Iterable[Attack]) -> list[Outcome]:
    return [Outcome(a, first(a.clean), first(a.poisoned)) for a in all_attacks]


def strategy_outcomes(all_attacks: Sequence[Attack], ask: Asking) -> dict[str, list[Outcome]]:
    """Outcomes of the general expert in both settings, and of the dual expert."""
    found: dict[str, list[Outcome]] = {"general": [], "general_fixed": [], "dual": []}
    for number, attack in enumerate(all_attacks, start=1):
        clean, poisoned, fixed = ask(attack.clean), ask(attack.poisoned), ask(attack.fixed)
        found["general"].append(Outcome(attack, _part(clean, 0), _part(poisoned, 0)))
        found["general_fixed"].append(Outcome(attack, _part(clean, 0), _part(fixed, 0)))
        found["dual"].append(Outcome(attack, _part(clean, 1), _part(poisoned, 1)))
        if number % 10 == 0:
            print(f"{number} of {len(all_attacks)} pairs", file=sys.stderr)
    return found


def _part(answer: tuple[str, str] | None, place: int) -> str | None:
    return answer[place] if answer else None


def figures(outcomes: Sequence[Outcome]) -> dict[str, Any]:
    """Flip rates with Wilson intervals: all, without keyword stuffing, and by kind."""
    kinds = sorted({o.attack.injection.kind for o in outcomes})
    return {
        "failed": sum(o.before is None or o.after is None for o in outcomes),
        "changed": sum(o.counts and o.before != o.after for o in outcomes),
        "all": _rate(outcomes),
        "without_keyword_stuffing": _rate([o for o in outcomes if o.attack.injection.kind != STUFFED]),
        "kinds": {kind: _rate([o for o in outcomes if o.attack.injection.kind == kind]) for kind in kinds},
        "flipped": [o.attack.injection.id for o in outcomes if o.counts and o.flipped],
    }


def _rate(outcomes: Sequence[Outcome]) -> dict[str, Any] | None:
    counted = [o for o in outcomes if o.counts]
    if not counted:
        return None
    share = wilson(sum(o.flipped for o in counted), len(counted))
    return {
        "flips": share.right,
        "n": share.n,
        "rate": round(share.value, 4),
        "low": round(share.low, 4),
        "high": round(share.high, 4),
    }


def within_k(outcomes: Mapping[str, Sequence[Outcome]]) -> dict[str, int]:
    """Answers to poisoned texts, and how many of them are among the candidates that were offered."""
    answers = [(name, o) for name, found in outcomes.items() for o in found if o.after is not None]
    inside = sum(o.after in _offered(o.attack, name) for name, o in answers)
    return {"answers": len(answers), "within": inside}


def _offered(attack: Attack, name: str) -> set[str]:
    case = attack.fixed if name == "general_fixed" else attack.poisoned
    return {c.category_path for c in case.recommendation.candidates}


def measured(options: argparse.Namespace, strategy: str) -> dict[str, Any]:
    """One strategy over the corpus."""
    settings = load_settings(llm=options.llm, strategy=strategy, threads=options.threads)
    use_threads(settings.threads)
    experts = open_all(options.workspace, settings, None, Silent()).experts
    injections = [i for i in load_corpus() if not options.rank_only or isinstance(i.attacker, int)]
    pairs = attacks(injections[:: options.every], experts, settings.top_k)
    ask = Asking(experts)
    outcomes = {"domain": domain_outcomes(pairs), **strategy_outcomes(pairs, ask)}
    return {
        "llm": settings.llm,
        "prompt": experts.general_expert.prompt if experts.general_expert else "",
        "pairs": len(pairs),
        "attacker_among_clean_candidates": sum(
            p.attacker in {c.category_path for c in p.clean.recommendation.candidates} for p in pairs
        ),
        "within_k": within_k(outcomes),
        "errors": ask.errors[:5],
        "experts": {name: figures(found) for name, found in outcomes.items()},
    }


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("workspace", type=Path)
    parser.add_argument("--strategies", nargs="+", default=["likelihood"])
    parser.add_argument("--llm", default="embedded")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--every", type=int, default=1, help="every n-th pair only, for slow strategies")
    parser.add_argument("--rank-only", action="store_true", help="for a workspace of another catalog")
    parser.add_argument("--merge", action="store_true", help="keep what the file holds of other strategies")
    parser.add_argument("--out", type=Path, default=FILE)
    options = parser.parse_args(arguments)
    kept = json.loads(options.out.read_text("utf-8")) if options.merge and options.out.is_file() else {}
    workspace = Workspace(options.workspace)
    data = {"corpus": file_hash(CORPUS), "workspace": workspace.fingerprint, **workspace.manifest.inputs}
    made = {"commit": commit(), "machine": machine(), "data": data}  # now: the tree may change meanwhile
    for strategy in options.strategies:
        kept[f"{options.llm} {strategy}"] = {**made, **measured(options, strategy)}
        write(options.out, kept)


if __name__ == "__main__":
    main()
