import json
import zlib
from pathlib import Path

import pytest

from catalog.errors import WorkspaceError
from graph.batch.ledger import ChunkDone, End, LedgerWriter, Start, read_ledger
from graph.batch.sealed import sealed

START = Start(started="2026-11-20T12:00:00+00:00", fingerprint={"model": "é\ud7ff"})


def done(chunk: int, elapsed: float = 1.0, tokens: int = 0) -> ChunkDone:
    return ChunkDone(
        chunk=chunk,
        first=8 * chunk + 1,
        last=8 * chunk + 8,
        rows=8,
        products=5,
        statuses={"accepted": 7, "error": 1},
        errors={"empty_title": 1},
        tokens_in=tokens,
        tokens_out=0,
        latency={"recommend": {-3: 7, 12: 1}},
        sha256="00",
        elapsed=elapsed,
    )


def write(folder: Path, *lines: Start | ChunkDone | End) -> None:
    writer = LedgerWriter(folder, read_ledger(folder).sound_bytes)
    for line in lines:
        writer.append(line)
    writer.close()


def test_what_is_written_is_read(tmp_path: Path) -> None:
    write(tmp_path, START, done(0), done(1), End(reason="limit", elapsed=2.0))
    state = read_ledger(tmp_path)
    assert state.starts == [START]
    assert [*state.chunks.values()] == [done(0), done(1)]
    assert state.end == End(reason="limit", elapsed=2.0)
    assert state.sound_bytes == (tmp_path / "ledger.jsonl").stat().st_size


def test_each_line_is_json_with_the_crc_of_the_rest() -> None:
    line = sealed(done(3))
    fields = json.loads(line)
    crc = fields.pop("crc32")
    assert fields["chunk"] == 3
    rest = line.removesuffix(b',"crc32":"' + crc.encode() + b'"}\n') + b"}"
    assert int(crc, 16) == zlib.crc32(rest)


def test_no_ledger_is_an_empty_one(tmp_path: Path) -> None:
    assert read_ledger(tmp_path).starts == []
    assert read_ledger(tmp_path / "nowhere").sound_bytes == 0


def test_a_later_line_takes_the_place_of_an_earlier(tmp_path: Path) -> None:
    write(tmp_path, START, done(0), done(1), done(0, tokens=9))
    state = read_ledger(tmp_path)
    assert [*state.chunks] == [0, 1]
    assert state.chunks[0].tokens_in == 9


def test_seconds_add_up_over_runs(tmp_path: Path) -> None:
    end = End(reason="stopped", elapsed=4.0)
    write(tmp_path, START, done(0, 3.0), done(1, 2.0), START, done(2, 1.5), end)
    assert read_ledger(tmp_path).seconds == 3.0 + 4.0
    assert read_ledger(tmp_path).end == end
    write(tmp_path, START)
    assert read_ledger(tmp_path).seconds == 3.0 + 4.0
    assert read_ledger(tmp_path).end is None


@pytest.mark.parametrize("cut", range(1, len(sealed(done(1))) + 1, 7))
def test_a_line_torn_anywhere_is_dropped_and_overwritten(tmp_path: Path, cut: int) -> None:
    write(tmp_path, START, done(0), done(1))
    ledger = tmp_path / "ledger.jsonl"
    whole = ledger.read_bytes()
    ledger.write_bytes(whole[:-cut])
    assert [*read_ledger(tmp_path).chunks] == [0]
    write(tmp_path, done(1))
    assert ledger.read_bytes() == whole


@pytest.mark.parametrize("at", [5, 40, 200])
def test_a_changed_byte_is_noticed(tmp_path: Path, at: int) -> None:
    write(tmp_path, START, done(0), done(1))
    ledger = tmp_path / "ledger.jsonl"
    data = bytearray(ledger.read_bytes())
    data[len(sealed(START)) + at] ^= 1
    ledger.write_bytes(data)
    with pytest.raises(WorkspaceError, match=r"Line 2 of .* is damaged"):
        read_ledger(tmp_path)


def test_a_torn_line_after_a_damaged_one_hides_nothing(tmp_path: Path) -> None:
    write(tmp_path, START, done(0))
    with (tmp_path / "ledger.jsonl").open("ab") as ledger:
        ledger.write(b"rubbish\ntorn")
    with pytest.raises(WorkspaceError, match=r"Line 3 of .* is damaged"):
        read_ledger(tmp_path)


def test_a_line_of_another_version_is_refused(tmp_path: Path) -> None:
    body = START.model_dump_json().replace('"format":1', '"format":2').encode()
    (tmp_path / "ledger.jsonl").write_bytes(body[:-1] + b',"crc32":"%08x"}\n' % zlib.crc32(body))
    with pytest.raises(WorkspaceError, match="written by another version of Dual-Expert"):
        read_ledger(tmp_path)
