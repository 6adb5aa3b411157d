import pytest

from app.service.rates import Rates


def test_a_burst_then_the_rate():
    now = [0.0]
    rates = Rates(2.0, 3.0, clock=lambda: now[0])
    assert [rates.wait("ada") for _ in range(3)] == [0.0, 0.0, 0.0]
    assert rates.wait("ada") == pytest.approx(0.5)
    assert rates.wait("bob") == 0.0
    now[0] = 0.5
    assert rates.wait("ada") == 0.0
    assert rates.wait("ada") > 0.0


def test_a_bucket_never_holds_more_than_the_burst():
    now = [0.0]
    rates = Rates(1.0, 2.0, clock=lambda: now[0])
    rates.wait("ada")
    now[0] = 1000.0
    assert [rates.wait("ada") == 0.0 for _ in range(3)] == [True, True, False]
