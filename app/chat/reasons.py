"""Where a category lost, in sentences."""

from collections.abc import Mapping

from app.chat.contest import Found
from app.chat.records import Contest, Outcome, Stage


def judged(before: Outcome, found: Found, after: Outcome | None, definitions: Mapping[str, str]) -> Contest:
    """The first stage at which the winner came before the asked category.

    Args:
        after: with the category among the candidates; None when no general expert was asked.
        definitions: texts by category id.
    """
    stage = _stage(before, found)
    return Contest(
        asked=found.asked,
        winner=found.winner,
        stage=stage,
        recalled_at=before.settings.top_k,
        neighbours=found.neighbours,
        opinions=found.opinions,
        definition=definitions.get(found.asked.category_id, ""),
        winner_definition=definitions.get(found.winner.category_id, ""),
        outcome=after,
        reason=" ".join([_lost(stage, before, found), *_asked_again(before, found, after)]),
    )


def _stage(before: Outcome, found: Found) -> Stage:
    if found.asked.category_id == before.verdict.category_id:
        return "won"
    if not found.recalled:
        return "recall"
    return "score" if found.asked.place > found.winner.place else "rank"


def _lost(stage: Stage, before: Outcome, found: Found) -> str:
    asked, winner, k = found.asked, found.winner, before.settings.top_k
    if stage == "won":
        return "It is the answer."
    if stage == "recall":
        best = min((o for o in found.opinions if o.rank), key=lambda o: o.rank or 0, default=None)
        known = f"the best, {best.source}, had it at place {best.rank:,}" if best else "none of them knows it"
        return f"No source had it among its {k} best: {known}. {_evidence(found)}"
    if stage == "score":
        seen = "" if asked.place <= k else f", so it was not among the {k} candidates"
        by = ", ".join(o.source for o in found.opinions if o.recalled)
        return (
            f"{by} recalled it, but fused it scored {asked.score:.3f} against {winner.score:.3f}: "
            f"place {asked.place} against {winner.place}{seen}. {_evidence(found)}"
        )
    return (
        f"The domain expert had it ahead ({asked.score:.3f} against {winner.score:.3f}), "
        "but the general expert ranked the answer first."
    )


def _evidence(found: Found) -> str:
    asked, winner = found.asked, found.winner
    return (
        f"Of the {found.neighbours} nearest training products {asked.near} stand there and {winner.near} "
        f"in the answer's category; it has {asked.labelled:,} training products, the answer's "
        f"{winner.labelled:,}."
    )


def _asked_again(before: Outcome, found: Found, after: Outcome | None) -> list[str]:
    if found.asked.category_id == before.verdict.category_id:
        return []
    if after is None:
        why = "the gate was sure" if before.gate.accepted else "there is none"
        return [f"No general expert was asked: {why}."]
    verdict = after.verdict
    if verdict.error:
        return ["The general expert failed."]
    place = [c.category_id for c in verdict.candidates].index(found.asked.category_id) + 1
    score = verdict.candidates[place - 1].score
    asked = "" if after == before else "Asked again with it among the candidates, "
    said = f"{asked}both experts together put it at place {place} ({score:.3f})."
    return [said[0].upper() + said[1:]]
