"""An audit of the gate: is its promise kept, have products changed, and what to do about it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import reduce
from pathlib import Path

from app.gate_evidence import Auditor, Places
from app.gate_pool import Pool, PoolJob, read_pool
from app.opening import Opened
from app.validation import confidences_of, read_validation
from audit.gate.drift import Sample, drift_between
from audit.gate.estimate import MIN_ROWS, Estimate, Promise, estimate_accuracy, with_known
from audit.gate.evidence import Evidence
from audit.gate.history import GateAudit, append_audit
from audit.gate.moving import raised
from catalog.progress import Progress
from catalog.settings import Settings
from retrieval.gate import Gate, Opening
from retrieval.taxonomy import Taxonomy
from retrieval.workspace import GATE, GATE_AUDITS, Workspace, write_json
from review.queue import ReviewQueue
from training.gate.groups import moved

_PROMISES_NOTHING = ("least-cost", "llm-share")


@dataclass(frozen=True)
class GateAuditJob:
    """What an audit is asked for.

    Attributes:
        sample, calibration: as in `app.gate_evidence.Auditor`.
        labels: the catalog's own labels count as the truth.
        queue: review queue, whose decisions count too.
        apply: move the threshold when the promise is broken.
    """

    pool: PoolJob
    sample: int
    calibration: int
    labels: bool
    queue: Path | None
    apply: bool


def audit_gate(job: GateAuditJob, opened: Opened, settings: Settings, progress: Progress) -> GateAudit:
    """Estimate the accuracy of what is accepted, compare the products with the calibration part, keep the
    record, and move the threshold where that is asked for and needed.

    Raises:
        CatalogError, WorkspaceError: something cannot be read or written.
        SettingsError: there is neither a label nor anybody to ask.
    """
    experts, gate, seed = opened.experts, opened.experts.gate, job.pool.seed
    rows = read_validation(opened.workspace)
    known = _decisions(job.queue)
    pool = read_pool(job.pool, experts, rows, settings.top_k, progress)
    places = _places(pool, experts.domain_expert.taxonomy if job.labels else None, known)
    auditor = Auditor(experts, settings, job.sample, job.calibration, seed, progress)
    found = auditor.evidence(pool, places, rows)
    estimate = _joined(estimate_accuracy(found.evidence, gate.confidence), pool, known)
    proposed = _proposed(found.evidence, estimate, gate)
    audit = GateAudit(
        time=datetime.now(UTC).isoformat(timespec="seconds"),
        source=job.pool.source.name,
        model=experts.general_expert.key if experts.general_expert and estimate.rows else "",
        seed=seed,
        products=len(pool.products),
        accepted=len(pool.accepted),
        trained=pool.trained,
        failed=found.failed,
        errors=pool.errors,
        target_accuracy=gate.target_accuracy,
        thresholds=_thresholds(gate),
        estimate=estimate,
        promise=_promise(gate, estimate),
        drift=drift_between(
            Sample(confidences_of(rows), [row.category_path for row in rows]), pool.sample, seed
        ),
        proposed=proposed,
        applied=job.apply and bool(proposed),
    )
    _keep(audit, gate, opened.workspace)
    return audit


def _decisions(queue: Path | None) -> dict[str, str]:
    """The right category by product id, as people decided."""
    if queue is None:
        return {}
    with ReviewQueue(queue, must_exist=True) as opened:
        entries = opened.entries()
    return {entry.case.product.product_id: entry.chosen_path for entry in entries if entry.chosen_path}


def _places(pool: Pool, taxonomy: Taxonomy | None, known: Mapping[str, str]) -> Places:
    """Accepted products that nobody has decided on, by whether they have a label of the taxonomy."""
    truths: dict[int, bool] = {}
    unlabelled = []
    for place in pool.accepted:
        product = pool.products[place]
        if product.product_id in known:
            continue
        if taxonomy and any(taxonomy.position(path) is not None for path in product.category_paths):
            truths[place] = pool.claims[place] in product.category_paths
        else:
            unlabelled.append(place)
    return Places(list(truths), unlabelled, truths)


def _joined(estimate: Estimate, pool: Pool, known: Mapping[str, str]) -> Estimate:
    """With what people decided of accepted products."""
    decided = [i for i in pool.accepted if pool.products[i].product_id in known]
    right = sum(known[pool.products[i].product_id] == pool.claims[i] for i in decided)
    return with_known(estimate, right, len(decided), len(pool.accepted))


def _promise(gate: Gate, estimate: Estimate) -> Promise:
    return "none" if gate.rule in _PROMISES_NOTHING else estimate.promise(gate.target_accuracy)


def _proposed(evidence: Evidence, estimate: Estimate, gate: Gate) -> dict[str, Opening]:
    """Openings for the groups whose promise is broken; all groups tested share the confidence."""
    target, proposed = gate.target_accuracy, {}
    for name, (own, found) in _parts(evidence, estimate, gate).items():
        if _promise(gate, found) == "broken":
            proposed[name] = raised(own, found, threshold=gate.limit(name), target=target)
    return proposed


def _parts(evidence: Evidence, estimate: Estimate, gate: Gate) -> dict[str, tuple[Evidence, Estimate]]:
    if gate.per is None:
        return {"": (evidence, estimate)}
    parts = {name: evidence.of_group(name) for name in evidence.groups}
    tested = {name: own for name, own in parts.items() if len(own.confidences) >= MIN_ROWS}
    confidence = 1 - (1 - gate.confidence) / max(1, len(tested))
    return {name: (own, estimate_accuracy(own, confidence)) for name, own in tested.items()}


def _thresholds(gate: Gate) -> dict[str, float | None]:
    if gate.per is None:
        return {"": gate.threshold}
    return {name: part.threshold for name, part in gate.groups.items()}


def _keep(audit: GateAudit, gate: Gate, workspace: Workspace) -> None:
    append_audit(workspace.path(GATE_AUDITS), audit)
    if audit.applied:
        steps = audit.proposed.items()
        write_json(workspace.path(GATE), reduce(lambda at, step: moved(at, step[1], step[0]), steps, gate))
