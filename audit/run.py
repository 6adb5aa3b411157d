"""The label audit: from labelled rows to ranked suspicions."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np
import numpy.typing as npt

from audit.confident import ConfidentLearning, confident_learning
from audit.noise import TIERS, tier_chances
from audit.observations import Observations, observe
from audit.out_of_fold import FEATURES, Evidence, gather
from audit.posterior import Posterior, fit_posterior
from audit.reasons import Reasons
from audit.suspicion import Audit, DepartmentFigures, Kind, Suspicion
from catalog.product import Row
from catalog.progress import Progress
from retrieval.taxonomy import Taxonomy

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Judgement:
    """Everything the audit knows about n labels.

    Attributes:
        wrong: probability that each label is wrong, (n,).
        proposed: taxonomy position of the likeliest other category, (n,).
        proposed_right: probability that it is right, (n,).
    """

    observations: Observations
    evidence: Evidence
    posterior: Posterior
    confident: ConfidentLearning
    wrong: Floats
    proposed: Ints
    proposed_right: Floats

    @property
    def ranking(self) -> Ints:
        """All observations, the likeliest wrong one first."""
        return np.argsort(-self.wrong, kind="stable")


def judge(observations: Observations, progress: Progress, *, threads: int) -> Judgement:
    """Gather evidence about every label and weigh it."""
    evidence = gather(observations, progress, threads=threads)
    positions, labels = evidence.positions, observations.labels
    given = positions == labels[:, None]
    with progress.task("weighing the evidence", None):
        tiers = tier_chances(observations.taxonomy, positions, labels)
        posterior = fit_posterior(evidence.features, evidence.valid, evidence.stand_for, tiers, given)
        confident = confident_learning(posterior.clean, positions, labels)
    others = np.where(given, -1.0, posterior.right)
    best = others.argmax(axis=1)
    rows = np.arange(len(labels))
    return Judgement(
        observations=observations,
        evidence=evidence,
        posterior=posterior,
        confident=confident,
        wrong=np.clip(1.0 - np.where(given, posterior.right, 0.0).sum(axis=1), 0.0, 1.0),
        proposed=positions[rows, best],
        proposed_right=np.clip(others[rows, best], 0.0, 1.0),
    )


def audit_labels(
    rows: Sequence[Row], taxonomy: Taxonomy, progress: Progress, *, catalog: str, top: int, threads: int
) -> Audit:
    """Audit labelled rows.

    Args:
        catalog: its name, for the record.
        top: at most this many suspicions, and only labels that are likelier wrong than right.

    Raises:
        CatalogError: too few labels to compare.
    """
    found = judge(observe(rows, taxonomy), progress, threads=threads)
    observations, noise = found.observations, found.posterior.noise
    return Audit(
        created=datetime.now(UTC).isoformat(timespec="seconds"),
        catalog=catalog,
        labels=len(observations),
        unjudged=int((~found.evidence.judged).sum()),
        noise_rate=noise.rate,
        noise_shares=dict(zip(TIERS, noise.shares, strict=True)),
        estimated=float(found.wrong.sum()),
        confident_issues=int(found.confident.issues.sum()),
        confident_estimate=found.confident.estimated,
        weights=dict(zip(FEATURES, found.posterior.weights, strict=True)),
        departments=_departments(found),
        suspicions=_suspicions(found, top),
        categories=tuple(c.category_path for c in taxonomy.categories),
    )


def _suspicions(found: Judgement, top: int) -> tuple[Suspicion, ...]:
    reasons = Reasons(found.observations, found.evidence)
    ranked = [i for i in found.ranking[:top].tolist() if found.wrong[i] > 0.5]
    return tuple(_suspicion(found, reasons, i) for i in ranked)


def _suspicion(found: Judgement, reasons: Reasons, i: int) -> Suspicion:
    observations, proposed = found.observations, int(found.proposed[i])
    row, taxonomy = observations.rows[i], observations.taxonomy
    return Suspicion(
        row=row.number,
        product=row.product,
        given_path=taxonomy[int(observations.labels[i])].category_path,
        proposed_path=taxonomy[proposed].category_path,
        probability=float(found.wrong[i]),
        proposed_probability=float(found.proposed_right[i]),
        confident=bool(found.confident.issues[i]),
        kind=_kind(found, reasons, i),
        why=reasons(i, proposed),
    )


def _kind(found: Judgement, reasons: Reasons, i: int) -> Kind:
    taxonomy = found.observations.taxonomy
    given, proposed = taxonomy[int(found.observations.labels[i])], taxonomy[int(found.proposed[i])]
    if reasons.contradicted(i):
        return "duplicate"
    if given.parent_path == proposed.parent_path:
        return "sibling"
    return "department" if given.department == proposed.department else "elsewhere"


def _departments(found: Judgement) -> tuple[DepartmentFigures, ...]:
    """The department with most wrong labels first."""
    taxonomy, labels = found.observations.taxonomy, found.observations.labels
    names = np.asarray([c.department for c in taxonomy.categories])[labels]
    figures = [
        DepartmentFigures(
            department=str(name),
            labels=int((names == name).sum()),
            estimated=float(found.wrong[names == name].sum()),
        )
        for name in np.unique(names)
    ]
    return tuple(sorted(figures, key=lambda one: -one.estimated))
