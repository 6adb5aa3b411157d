"""The demo catalog that ships with Dual-Expert; how it was made stands in its README."""

from pathlib import Path

_FOLDER = Path(__file__).resolve().parent


def train_path() -> Path:
    """JSON lines to train on: 14 products of each category, 6% of them wrongly labelled on purpose."""
    return _FOLDER / "train.jsonl"


def test_path() -> Path:
    """JSON lines to evaluate on: 4 products of each category, all labels right."""
    return _FOLDER / "test.jsonl"
