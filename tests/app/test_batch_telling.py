from pathlib import Path

import pytest

from app import batch_telling
from app.batch_telling import line_of, money, telling
from catalog.progress import Silent
from graph.batch.summary import Progress, Quantiles

STANDING = Progress(
    rows=120,
    total=1_000,
    rows_per_second=30.0,
    accepted=0.8125,
    latency_ms=Quantiles(p50=12.4, p95=1480.0),
    paid=0.42,
    errors={"too_long": 1, "empty_title": 3},
    eta_seconds=29.3,
)


class Said(Silent):
    def __init__(self) -> None:
        self.lines: list[str] = []

    def say(self, message: str) -> None:
        self.lines.append(message)


def test_a_line_tells_share_latency_spend_and_errors() -> None:
    assert line_of(STANDING) == (
        "81.2% stopped at the gate; p50 12 ms, p95 1,480 ms a product; 0.4200 USD spent; "
        "errors: empty_title 3, too_long 1"
    )


def test_what_is_unknown_is_left_out() -> None:
    bare = Progress(
        rows=1,
        total=None,
        rows_per_second=1.0,
        accepted=1.0,
        latency_ms=None,
        paid=None,
        errors={},
        eta_seconds=None,
    )
    assert line_of(bare) == "100.0% stopped at the gate"


def test_a_line_comes_now_and_then_only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    now = 0.0
    monkeypatch.setattr(batch_telling.time, "monotonic", lambda: now)
    said = Said()
    with telling(said, tmp_path, 1_000, None) as told:
        told.standing(STANDING)
        assert said.lines == []
        now = 11.0
        told.standing(STANDING)
        told.standing(STANDING)
    assert len(said.lines) == 1


@pytest.mark.parametrize(
    ("amount", "shown"), [(0.0, "0.00 USD"), (0.00421, "0.0042 USD"), (1204.5, "1,204.50 USD")]
)
def test_money_shows_its_leading_digits(amount: float, shown: str) -> None:
    assert money(amount) == shown
