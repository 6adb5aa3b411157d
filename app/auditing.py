"""A label audit of a catalog, with a second opinion of the dual expert where a workspace is given."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from app.opening import Opened
from app.running import GraphRunner
from audit.export import write_audit
from audit.run import audit_labels
from audit.suspicion import Audit, Suspicion
from catalog.errors import CatalogError
from catalog.product import Row, RowError
from catalog.progress import Progress
from catalog.reader import count_rows, read_catalog
from catalog.split import read_split
from graph.context import Context
from graph.verdict import Verdict
from retrieval.taxonomy import Taxonomy
from review.corrections import Correction
from review.corrections_file import write_corrections

CORRECTIONS_FILE = "corrections.csv"


@dataclass(frozen=True)
class AuditJob:
    """What an audit is asked for.

    Attributes:
        columns: our column name to the catalog's.
        out: folder of the files; None writes none.
        split: file of product ids and parts; None audits all rows.
        parts: of the split file, those to audit.
        top: at most this many suspicions.
    """

    catalog: Path
    columns: Mapping[str, str]
    out: Path | None
    split: Path | None
    parts: Collection[str]
    top: int
    threads: int


@dataclass(frozen=True)
class Audited:
    """Attributes:
    page: None when no files were asked for.
    """

    audit: Audit
    page: Path | None


def run_audit(job: AuditJob, opened: Opened | None, concurrency: int, progress: Progress) -> Audited:
    """Audit, and write CSV, JSON, page and proposed corrections into `job.out`.

    Raises:
        CatalogError: the catalog cannot be read, or too little of it is left.
        WorkspaceError: `job.out` cannot be written.
    """
    rows, errors = _read(job, progress)
    taxonomy = Taxonomy.from_paths(path for row in rows for path in row.product.category_paths)
    name = job.catalog.name
    chosen = _chosen(job, rows)
    audit = audit_labels(chosen, taxonomy, progress, catalog=name, top=job.top, threads=job.threads)
    audit = audit.model_copy(update={"errors": tuple(errors)})
    if opened is not None:
        audit = with_second_opinions(audit, opened, concurrency, progress)
    if job.out is None:
        return Audited(audit, None)
    page = write_audit(audit, job.out)
    write_corrections(job.out / CORRECTIONS_FILE, map(_proposed, audit.suspicions))
    return Audited(audit, page)


def with_second_opinions(audit: Audit, opened: Opened, concurrency: int, progress: Progress) -> Audit:
    """The audit with what the dual expert says of each suspicious product that it was not trained on."""
    trained = frozenset(opened.experts.domain_expert.examples.product_ids)
    asked = [s.product for s in audit.suspicions if s.product.product_id not in trained]
    if not asked:
        progress.say("The workspace was trained on every suspicious row, so it has no second opinion.")
        return audit
    runner = GraphRunner.over(opened.experts, Context(explain=False), concurrency)
    with progress.task("asking the dual expert", len(asked)) as advance:
        verdicts = {verdict.product_id: verdict for verdict in runner.verdicts(asked, _ignored)}
        advance(len(asked))
    told = tuple(_told(suspicion, verdicts) for suspicion in audit.suspicions)
    return audit.model_copy(update={"suspicions": told})


def _ignored(update: object) -> None:
    del update


def _told(suspicion: Suspicion, verdicts: Mapping[str, Verdict]) -> Suspicion:
    verdict = verdicts.get(suspicion.product.product_id)
    if verdict is None:
        return suspicion
    agrees = {suspicion.proposed_path: " too", suspicion.given_path: ", as labelled"}
    how = agrees.get(verdict.category_path, "")
    said = f"The dual expert says {verdict.category_path!r}{how} (confidence {verdict.confidence:.2f})."
    return suspicion.model_copy(update={"why": (*suspicion.why, said)})


def _read(job: AuditJob, progress: Progress) -> tuple[list[Row], list[RowError]]:
    rows: list[Row] = []
    errors: list[RowError] = []
    with progress.task("reading", count_rows(job.catalog)) as advance:
        for item in read_catalog(job.catalog, columns=job.columns, labelled=True):
            advance(1)
            if isinstance(item, Row):
                rows.append(item)
            else:
                errors.append(item)
    return rows, errors


def _chosen(job: AuditJob, rows: Sequence[Row]) -> Sequence[Row]:
    """The rows of the parts to audit."""
    if job.split is None:
        return rows
    part_of = read_split(job.split)
    known = set(part_of.values())
    if known.isdisjoint(job.parts):
        message = f"`{job.split}` has no part {' or '.join(map(repr, job.parts))}."
        raise CatalogError(message, fix=f"Choose with `--part` among {', '.join(sorted(known))}.")
    return [row for row in rows if part_of.get(row.product.product_id) in job.parts]


def _proposed(suspicion: Suspicion) -> Correction:
    return Correction(
        product_id=suspicion.product.product_id,
        title=suspicion.product.title,
        old_category_path=suspicion.given_path,
        new_category_path=suspicion.proposed_path,
        source="audit",
        status="proposed",
    )
