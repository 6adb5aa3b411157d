"""Everything that holds a category, carried over a crosswalk; what a person must decide is written down."""

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from app.migrating_files import carry_catalog, carry_corrections
from app.migrating_verdicts import carry_verdicts
from app.migrating_workspace import migrate_workspace
from catalog.errors import SettingsError, TaxonomyError, WorkspaceError
from catalog.progress import Progress
from taxonomy.carry import Carrier, OpenCase, decisions_of, once_each
from taxonomy.cases_file import read_cases, write_cases
from taxonomy.crosswalk_file import read_crosswalk
from taxonomy.open import open_tree

WORKSPACE = "workspace"
CATALOG = "catalog.jsonl"
CORRECTIONS = "corrections.csv"
VERDICTS = "verdicts.parquet"
REVIEW = "review.csv"
REPORT = "migration.json"


@dataclass(frozen=True)
class MigrationJob:
    """What is to be carried, each part optional.

    Attributes:
        out: folder of what comes of it: `WORKSPACE`, `CATALOG` and so on.
        verdicts: folder of a batch.
        decisions: an earlier `REVIEW` with new paths filled in.
        taxonomy: the new taxonomy, for names and descriptions.
    """

    crosswalk: Path
    out: Path
    workspace: Path | None = None
    catalog: Path | None = None
    columns: Mapping[str, str] | None = None
    corrections: Path | None = None
    verdicts: Path | None = None
    decisions: Path | None = None
    taxonomy: Path | None = None


@dataclass(frozen=True)
class Migration:
    """Attributes:
    parts: what was carried of each part, by its name and figure.
    open: cases that a person must decide.
    error_rows: rows of the catalog that could not be read.
    """

    parts: Mapping[str, Mapping[str, int]]
    open: int
    error_rows: int


def migrate(job: MigrationJob, progress: Progress) -> Migration:
    """Carry over what the job names. The old files are only read, and the workspace is written last.

    Raises:
        TaxonomyError, WorkspaceError, CatalogError: a part cannot be used; nothing of it was written.
    """
    _require_something(job)
    decisions = decisions_of(read_cases(job.decisions)) if job.decisions else {}
    carrier = Carrier(read_crosswalk(job.crosswalk), decisions)
    _refuse_unknown(carrier)
    parts: dict[str, Mapping[str, int]] = {}
    cases: list[OpenCase] = []
    errors = 0
    for name, work in _work(job, carrier).items():
        with progress.task(name, None):
            counts, found = work()
        parts[name] = counts
        cases += found
        errors += counts.get("errors", 0)
    open_cases = once_each(cases)
    write_cases(job.out / REVIEW, open_cases)
    result = Migration(parts, len(open_cases), errors)
    (job.out / REPORT).write_text(json.dumps(asdict(result), indent=1) + "\n", "utf-8")
    return result


Counts = Mapping[str, int]
Work = Callable[[], tuple[Counts, list[OpenCase]]]


def _work(job: MigrationJob, carrier: Carrier) -> dict[str, Work]:
    """What is to be done by part; labels of the catalog first, since their cases know most."""
    work: dict[str, Work] = {}
    if job.catalog:
        catalog = job.catalog
        work["catalog"] = lambda: carry_catalog(catalog, job.columns or {}, carrier, job.out / CATALOG)
    if job.corrections:
        corrections = job.corrections
        work["corrections"] = lambda: carry_corrections(corrections, carrier, job.out / CORRECTIONS)
    if job.verdicts:
        batch = job.verdicts
        work["verdicts"] = lambda: carry_verdicts(batch, carrier, job.out / VERDICTS)
    if job.workspace:
        workspace = job.workspace
        work["workspace"] = lambda: _workspace(workspace, job, carrier)
    return work


def _workspace(workspace: Path, job: MigrationJob, carrier: Carrier) -> tuple[Counts, list[OpenCase]]:
    tree = open_tree(job.taxonomy) if job.taxonomy else None
    done = migrate_workspace(workspace, carrier, job.crosswalk, job.out / WORKSPACE, tree)
    counts = {name: value for name, value in asdict(done).items() if isinstance(value, int)}
    return counts, list(done.open)


def _refuse_unknown(carrier: Carrier) -> None:
    """A decision must name a category that the crosswalk leads to, or a slip would make one."""
    known = {one.new_path for one in carrier.crosswalk.links}
    for (product_id, _), path in carrier.decisions.items():
        if path not in known:
            raise TaxonomyError(
                f"The decision about {product_id!r} names {path!r}, which the crosswalk does not know.",
                fix="Write a new path of the crosswalk.",
            )


def _require_something(job: MigrationJob) -> None:
    if not any((job.workspace, job.catalog, job.corrections, job.verdicts)):
        raise SettingsError(
            "There is nothing to migrate.",
            fix="Give `--workspace`, `--catalog`, `--corrections` or `--verdicts`.",
        )
    if (job.out / REPORT).exists():
        raise WorkspaceError(f"`{job.out}` holds a migration already.", fix="Name another folder.")
    job.out.mkdir(parents=True, exist_ok=True)
