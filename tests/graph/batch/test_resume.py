from collections.abc import Callable, Iterator
from pathlib import Path
from unittest import mock

import pytest
from batch_world import classify, job, output, product, rows, run

from catalog.errors import WorkspaceError
from catalog.product import Row, RowError
from graph.batch.ledger import read_ledger
from graph.batch.report import RUN_NAME
from graph.batch.results import batch_status, read_verdicts

COUNT = 60


@pytest.fixture
def whole(tmp_path: Path) -> dict[str, bytes]:
    """The output of an undisturbed run."""
    run(job(tmp_path / "whole", COUNT))
    return output(tmp_path / "whole")


def part(out: Path, number: int) -> Path:
    return out / "verdicts" / f"part-{number:06d}.parquet"


def cut_ledger(out: Path, lines: int, more: bytes = b"") -> None:
    ledger = out / "ledger.jsonl"
    ledger.write_bytes(b"".join(ledger.read_bytes().splitlines(keepends=True)[:lines]) + more)


@pytest.mark.parametrize("torn", [b'{"kind":"chu', b'{"kind":"chunk"}\n', b"\0\0\0", b"\n"])
def test_a_torn_last_line_is_dropped(out: Path, whole: dict[str, bytes], torn: bytes) -> None:
    run(job(out, COUNT))
    cut_ledger(out, 4, torn)
    assert batch_status(out).rows == 24
    assert run(job(out, COUNT)).reason == "complete"
    assert output(out) == whole


def test_a_torn_first_line_is_a_new_folder(out: Path, whole: dict[str, bytes]) -> None:
    (out / "verdicts").mkdir(parents=True)
    (out / "ledger.jsonl").write_bytes(b'{"kind":"st')
    run(job(out, COUNT))
    assert output(out) == whole


def test_a_damaged_line_in_the_middle_is_refused_and_the_fix_works(
    out: Path, whole: dict[str, bytes]
) -> None:
    run(job(out, COUNT))
    ledger = out / "ledger.jsonl"
    lines = ledger.read_bytes().splitlines(keepends=True)
    lines[3] = lines[3].replace(b'"rows":8', b'"rows":7')
    ledger.write_bytes(b"".join(lines))
    for act in (lambda: run(job(out, COUNT)), lambda: batch_status(out), lambda: list(read_verdicts(out))):
        with pytest.raises(WorkspaceError, match=r"Line 4 of .* is damaged.*delete line 4"):
            act()
    cut_ledger(out, 3)
    run(job(out, COUNT))
    assert output(out) == whole


def test_a_missing_line_in_the_middle_is_refused(out: Path) -> None:
    run(job(out, COUNT))
    ledger = out / "ledger.jsonl"
    lines = ledger.read_bytes().splitlines(keepends=True)
    ledger.write_bytes(b"".join(lines[:3] + lines[4:]))
    with pytest.raises(WorkspaceError, match=r"Line 4 .* follows a missing line"):
        run(job(out, COUNT))


def truncate(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-100])


def flip(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(bytes(data))


@pytest.mark.parametrize("damage", [truncate, flip, Path.unlink], ids=["truncated", "flipped", "missing"])
@pytest.mark.parametrize("number", [0, 3, 7])
def test_a_damaged_part_is_done_again_and_no_other(
    out: Path, whole: dict[str, bytes], damage: Callable[[Path], object], number: int
) -> None:
    run(job(out, COUNT))
    damage(part(out, number))
    with pytest.raises(WorkspaceError, match=r"part-00000\d.parquet` is (damaged|missing)"):
        list(read_verdicts(out))
    lost = 8 if number < 7 else 4
    assert (batch_status(out).rows, batch_status(out).reason) == (COUNT - lost, "unfinished")

    again = mock.Mock(side_effect=classify)
    summary = run(job(out, COUNT), again)
    assert again.call_count == 1
    assert (summary.rows, summary.statuses["error"]) == (COUNT, 6)
    assert output(out) == whole
    assert batch_status(out).rows == COUNT


def test_a_part_without_a_line_is_written_again(out: Path, whole: dict[str, bytes]) -> None:
    run(job(out, COUNT))
    cut_ledger(out, 4)
    part(out, 3).write_bytes(b"half")
    run(job(out, COUNT))
    assert output(out) == whole


def test_parts_beyond_the_ledger_do_not_outlive_a_run(out: Path) -> None:
    run(job(out, COUNT))
    cut_ledger(out, 4)
    run(job(out, COUNT, limit=24))
    assert [path.name for path in sorted((out / "verdicts").iterdir())] == [
        part(out, n).name for n in range(3)
    ]


def test_parts_without_any_ledger_are_left_alone(out: Path) -> None:
    run(job(out, COUNT))
    (out / "ledger.jsonl").unlink()
    before = output(out)
    with pytest.raises(WorkspaceError, match=r"has parts in `verdicts` but no `ledger\.jsonl`"):
        run(job(out, COUNT))
    assert output(out) == before


def test_changed_inputs_are_refused_by_name(out: Path) -> None:
    run(job(out, COUNT, limit=24, fingerprint={"prompt": "rank v1", "model": "embedded"}))
    with pytest.raises(WorkspaceError) as refusal:
        run(job(out, COUNT, fingerprint={"prompt": "rank v2", "gate": "x"}))
    text = str(refusal.value)
    assert "`gate` was nothing, is now 'x'" in text
    assert "`model` was 'embedded', is now nothing" in text
    assert "`prompt` was 'rank v1', is now 'rank v2'" in text
    assert "`--accept-changes`" in text
    assert len(read_ledger(out).starts) == 1


def test_accepted_changes_carry_on_and_are_remembered(out: Path) -> None:
    run(job(out, COUNT, limit=24, fingerprint={"prompt": "rank v1"}))
    changed = job(out, COUNT, fingerprint={"prompt": "rank v2"}, accept_changes=True)
    assert run(changed).rows == COUNT
    assert "`prompt` was 'rank v1', is now 'rank v2'" in (out / RUN_NAME).read_text()
    assert run(job(out, COUNT, fingerprint={"prompt": "rank v2"})).rows == COUNT


def test_the_chunk_size_may_change_when_accepted(out: Path) -> None:
    run(job(out, COUNT, limit=24))
    with pytest.raises(WorkspaceError, match="`chunk_rows` was '8', is now '5'"):
        run(job(out, COUNT, chunk_rows=5))
    run(job(out, COUNT, chunk_rows=5, accept_changes=True))
    assert [row["row"] for row in read_verdicts(out)] == list(range(1, COUNT + 1))
    assert read_ledger(out).chunks[3].rows == 5


@pytest.mark.parametrize(
    "catalog",
    [
        lambda: rows(20),
        lambda: rows(COUNT, first=2),
        lambda: (Row(n, product(n + 100)) for n in range(1, COUNT)),
    ],
    ids=["shorter", "shifted", "others"],
)
def test_other_products_are_refused_even_when_changes_are_accepted(
    out: Path, catalog: Callable[[], Iterator[Row | RowError]]
) -> None:
    run(job(out, COUNT))
    before = output(out)
    with pytest.raises(WorkspaceError, match="of the catalog are not the products that were classified"):
        run(job(out, COUNT, rows=catalog, fingerprint={"source": "other"}, accept_changes=True))
    assert output(out) == before
    assert run(job(out, COUNT)).reason == "complete"


def test_a_ledger_of_another_version_is_refused(out: Path) -> None:
    run(job(out, COUNT))
    with (
        mock.patch("graph.batch.ledger._LINE.validate_json", side_effect=_invalid()),
        pytest.raises(WorkspaceError, match="written by another version"),
    ):
        run(job(out, COUNT))


def _invalid() -> Exception:
    try:
        product(0).model_validate({})
    except ValueError as error:
        return error
    raise AssertionError
