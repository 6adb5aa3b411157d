"""Do the figures of `prompts compare` hold: against other libraries, under equal prompts, for the power said.

    python -m benchmarks.prompt_statistics [--runs 2000]

Needs statsmodels. Writes benchmarks/results/prompt_statistics.json. No catalog and no model is used: the
worlds are drawn, and each entry says from what.
"""

import argparse
from collections.abc import Mapping
from itertools import product
from typing import Any

import numpy as np
from scipy.stats import binom
from statsmodels.stats.contingency_tables import mcnemar
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.proportion import proportion_confint

from benchmarks.provenance import RESULTS, commit, machine, write
from evaluation.contest import Outcomes, standings
from evaluation.holm import holm
from evaluation.paired_share import paired_difference
from evaluation.power import LEVEL, POWER, cases_needed, detectable_lift, mcnemar_power

TABLES = 1000
HOLM_SETS = 100  # statsmodels takes 50 ms for one
SEED = 7
ERRORS = 0.05


def agreement(rng: np.random.Generator) -> dict[str, float]:
    """Largest differences to statsmodels over random tables."""
    worst = {"wilson": 0.0, "mcnemar_p": 0.0, "holm_p": 0.0}
    for _ in range(TABLES):
        n = int(rng.integers(1, 500))
        first, second = (rng.random((2, n)) < rng.random((2, 1))).astype(float)
        _, found = standings({"a": first[:, None], "b": second[:, None]})
        cells = [[int(np.sum((first == i) & (second == j))) for j in (1, 0)] for i in (1, 0)]
        low, high = proportion_confint(second.sum(), n, method="wilson")
        if found.gain is None or found.share is None:
            raise AssertionError("every case was answered")
        away = max(abs(found.share.low - low), abs(found.share.high - high))
        worst["wilson"] = max(worst["wilson"], float(away))
        p = float(mcnemar(cells, exact=True).pvalue)
        worst["mcnemar_p"] = max(worst["mcnemar_p"], abs(found.gain.p - p))
    for _ in range(HOLM_SETS):
        several = rng.random(int(rng.integers(1, 9))) ** 3
        theirs = multipletests(several, method="holm")[1]
        worst["holm_p"] = max(worst["holm_p"], float(np.abs(np.array(holm(several.tolist())) - theirs).max()))
    return worst


def equal_prompts(rng: np.random.Generator, runs: int) -> list[dict[str, Any]]:
    """How often any candidate is found better or worse than a baseline that it equals.

    Cases differ in how easy they are (beta 0.8, 0.8); prompts answer independently given that.
    """
    found = []
    for cases, candidates, repeats in product((60, 300), (1, 3), (1, 3)):
        hits = 0
        for _ in range(runs):
            ease = rng.beta(0.8, 0.8, size=(cases, 1))
            arms = {str(i): _answers(rng, ease, repeats) for i in range(candidates + 1)}
            gains = [standing.gain for standing in standings(arms)[1:]]
            hits += any(gain and gain.p_holm is not None and gain.p_holm <= LEVEL for gain in gains)
        setting = {"cases": cases, "candidates": candidates, "repeats": repeats, "errors": ERRORS}
        found.append({**setting, "runs": runs, "found_different": hits / runs})
    return found


def _answers(rng: np.random.Generator, ease: Outcomes, repeats: int) -> Outcomes:
    shape = (len(ease), repeats)
    answers = (rng.random(shape) < ease).astype(np.float64)
    answers[rng.random(shape) < ERRORS] = np.nan
    return answers


def power(rng: np.random.Generator, runs: int) -> list[dict[str, Any]]:
    """The power said, and the share of drawn comparisons that found the lift."""
    found = []
    for n, lift, differing, tests in product((100, 300, 1000), (0.03, 0.05, 0.1), (0.1, 0.2, 0.4), (1, 3)):
        level = LEVEL / tests
        said = mcnemar_power(n, lift, differing, level)
        seen = _seen(rng, runs, n, lift, differing, level)
        setting = {"cases": n, "lift": lift, "differing": differing, "level": round(level, 4)}
        found.append({**setting, "said": round(said, 4), "seen": round(seen, 4)})
    return found


def planning(rng: np.random.Generator, runs: int) -> list[dict[str, Any]]:
    """Power that is seen with the cases said to be needed, and for the lift said to be detectable."""
    found = []
    for lift, differing in product((0.03, 0.05, 0.1), (0.1, 0.2, 0.4)):
        needed, detectable = cases_needed(lift, differing), detectable_lift(300, differing)
        entry: dict[str, Any] = {"lift": lift, "differing": differing, "needed": needed, "asked": POWER}
        if needed is not None:
            entry["seen_with_needed"] = round(_seen(rng, runs, needed, lift, differing, LEVEL), 4)
        if detectable is not None:
            entry["detectable_with_300"] = round(detectable, 4)
            entry["seen_at_detectable"] = round(_seen(rng, runs, 300, detectable, differing, LEVEL), 4)
        found.append(entry)
    return found


def _seen(rng: np.random.Generator, runs: int, n: int, lift: float, differing: float, level: float) -> float:
    shares = [(differing + lift) / 2, (differing - lift) / 2, 1 - differing]
    tables = rng.multinomial(n, np.clip(shares, 0, 1), size=runs)
    fewer, differ = tables[:, :2].min(axis=1), tables[:, :2].sum(axis=1)
    return float((np.minimum(1, 2 * binom.cdf(fewer, differ, 0.5)) <= level).mean())


def coverage(rng: np.random.Generator, runs: int) -> list[dict[str, Any]]:
    """How often the interval of the difference holds the truth."""
    found = []
    for n, (lose, win) in product((30, 100, 300), ((0.1, 0.1), (0.05, 0.15), (0.0, 0.03))):
        tables = rng.multinomial(n, [lose, win, 1 - lose - win], size=runs)
        intervals = [paired_difference(int(a), int(b), n) for a, b, _ in tables]
        held = float(np.mean([i.low <= win - lose <= i.high for i in intervals]))
        found.append({"cases": n, "loses": lose, "wins": win, "held": round(held, 4)})
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=2000, help="drawn comparisons a setting")
    runs = parser.parse_args().runs
    rng = np.random.default_rng(SEED)
    sections: Mapping[str, Any] = {
        "agreement_with_statsmodels": {
            "tables": TABLES,
            "holm_sets": HOLM_SETS,
            "largest_difference": agreement(rng),
        },
        "equal_prompts": equal_prompts(rng, runs),
        "power": power(rng, 10 * runs),
        "planning": planning(rng, 10 * runs),
        "interval_of_the_difference": coverage(rng, runs),
    }
    equal = max(entry["found_different"] for entry in sections["equal_prompts"])
    apart = max(abs(entry["said"] - entry["seen"]) for entry in sections["power"])
    head = {"commit": commit(), "machine": machine(), "seed": SEED, "runs": runs, "data": "drawn"}
    worst = {"most_found_different_under_equal_prompts": equal, "largest_gap_of_power": round(apart, 4)}
    write(RESULTS / "prompt_statistics.json", {**head, "worst": worst, **sections})
    print(worst)


if __name__ == "__main__":
    main()
