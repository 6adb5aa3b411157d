from pathlib import Path

import pytest
from batch_world import job, run

from graph.batch.ledger import ChunkDone, read_ledger
from graph.batch.parts import (
    digest,
    is_intact,
    part_path,
    read_part,
    replace_part,
    settle_successors,
    write_successor,
)


@pytest.fixture
def done(out: Path) -> ChunkDone:
    run(job(out, 8))
    return read_ledger(out).chunks[0]


def renewed(out: Path, done: ChunkDone) -> ChunkDone:
    """A line whose part waits beside the old one."""
    run(job(out.with_name("other"), 8, keep_latency=True))
    data = part_path(out.with_name("other"), 0).read_bytes()
    write_successor(out, 0, data)
    return done.model_copy(update={"sha256": digest(data)})


def test_readers_find_the_part_of_the_ledger_wherever_it_is(out: Path, done: ChunkDone) -> None:
    line = renewed(out, done)
    for each in (done, line):
        assert is_intact(out, each)
        assert read_part(out, each).num_rows == 8
    replace_part(out, 0)
    assert is_intact(out, line)
    assert not is_intact(out, done)


def test_a_successor_in_the_ledger_takes_its_place_and_any_other_goes(out: Path, done: ChunkDone) -> None:
    line = renewed(out, done)
    settle_successors(out, {0: done})
    assert [path.name for path in (out / "verdicts").iterdir()] == ["part-000000.parquet"]
    assert is_intact(out, done)

    line = renewed(out, done)
    settle_successors(out, {0: line})
    assert [path.name for path in (out / "verdicts").iterdir()] == ["part-000000.parquet"]
    assert is_intact(out, line)


def test_a_successor_is_no_part_to_those_who_read_the_folder(out: Path, done: ChunkDone) -> None:
    renewed(out, done)
    assert len(list((out / "verdicts").glob("*.parquet"))) == 1
