from pathlib import Path

import pytest

from catalog.errors import EncoderError
from retrieval.encoder.record import NAME, Record


def test_a_record_comes_back_as_it_was(tmp_path: Path) -> None:
    record = Record(kind="transformer", spec="embedded", max_tokens=48)
    record.write(tmp_path)
    assert Record.read(tmp_path) == record


def test_a_folder_without_record_is_no_saved_encoder(tmp_path: Path) -> None:
    assert Record.read(tmp_path) is None
    assert Record.read(tmp_path / "absent") is None


@pytest.mark.parametrize(
    "content",
    [
        "{",
        "[]",
        '{"format": 2, "kind": "transformer", "spec": "embedded", "max_tokens": 64}',
        '{"format": 1, "kind": "unheard-of", "spec": "embedded", "max_tokens": 64}',
        '{"format": 1, "kind": "transformer", "spec": "embedded", "max_tokens": 64, "extra": 1}',
    ],
)
def test_a_record_that_is_not_understood_is_refused(tmp_path: Path, content: str) -> None:
    (tmp_path / NAME).write_text(content, encoding="utf-8")
    with pytest.raises(EncoderError, match=r"encoder\.json"):
        Record.read(tmp_path)
