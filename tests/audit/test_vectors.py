import numpy as np

from audit.vectors import TextVectors

TEXTS = ["garden hose reel", "steel chef knife", "garden spade", "steel spade"]


def test_rows_are_unit_and_alike_texts_are_near() -> None:
    matrix = TextVectors(TEXTS).matrix
    cosines = (matrix @ matrix.T).toarray()
    np.testing.assert_allclose(np.diag(cosines), 1.0, rtol=1e-5)
    assert cosines[2, 3] > cosines[0, 1]
    assert cosines[0, 2] > cosines[1, 2]


def test_another_text_gets_the_vector_it_would_have_had() -> None:
    vectors = TextVectors(TEXTS)
    np.testing.assert_allclose(vectors.of(TEXTS[1:3]).toarray(), vectors.matrix[1:3].toarray(), rtol=1e-6)
    assert vectors.of(["日本語"]).nnz == 0
