import numpy as np
import pytest

from retrieval.surety import AS_FUSED, SURETY, Surety, surety_columns

FUSED = np.asarray([[0.7, 0.2, 0.0], [0.3, 0.6, 0.1]], np.float32)
DOMAIN = np.asarray([0.9, 0.9], np.float32)


def test_the_domain_experts_confidence_counts_where_both_name_the_same() -> None:
    columns = surety_columns(FUSED, DOMAIN)
    assert columns.shape == (2, len(SURETY))
    assert columns[:, 0] == pytest.approx(np.log([0.7 / 0.3, 0.6 / 0.4]), abs=1e-5)
    assert columns[:, 1] == pytest.approx([np.log(9), 0], abs=1e-5)
    assert columns[:, 2].tolist() == [1, 0]


def test_unfitted_leaves_the_fused_probability() -> None:
    assert AS_FUSED(surety_columns(FUSED, DOMAIN)) == pytest.approx([0.7, 0.6], abs=1e-6)


@pytest.mark.parametrize("domain", [0.0, 1.0])
@pytest.mark.parametrize("fused", [0.0, 1.0])
def test_it_stays_a_probability_at_the_edges(fused: float, domain: float) -> None:
    columns = surety_columns(np.asarray([[fused, 0.0]], np.float32), np.asarray([domain], np.float32))
    found = Surety(weights=(2.0, 2.0, -1.0, 1.0))(columns)
    assert 0.0 <= float(found[0]) <= 1.0
