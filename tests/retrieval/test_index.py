"""What holds for every kind of index: flat, ivf, hnsw."""

import gc
import subprocess
import sys

import faiss
import numpy as np
import pytest

from catalog.errors import WorkspaceError
from retrieval.index import VectorIndex

KINDS = ("flat", "ivf", "hnsw")
N, DIM = 2_000, 24


def unit(rows):
    rows = np.asarray(rows, dtype=np.float32)
    return rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-12)


def clustered(n, seed=0, dim=DIM):
    random = np.random.default_rng(seed)
    centres = np.random.default_rng(99).normal(size=(60, dim))
    return unit(centres[random.integers(0, 60, n)] + 0.7 * random.normal(size=(n, dim)))


@pytest.fixture(scope="module")
def vectors():
    return clustered(N)


@pytest.fixture(scope="module")
def queries():
    return clustered(64, seed=1)


@pytest.fixture(scope="module", params=KINDS)
def index(request, vectors):
    return VectorIndex.build(vectors, kind=request.param)


def expected(queries, vectors, k):
    exact = queries.astype(np.float64) @ vectors.T.astype(np.float64)
    return np.argsort(-exact, axis=1, kind="stable")[:, :k], np.sort(-exact, axis=1)[:, :k] * -1


def test_a_flat_index_finds_what_comparing_with_everything_finds(vectors, queries):
    scores, positions = VectorIndex.build(vectors, kind="flat").search(queries, 10)
    wanted, cosines = expected(queries, vectors, 10)
    assert positions.tolist() == wanted.tolist()
    assert np.abs(scores - cosines).max() < 1e-6


def test_scores_are_exact_and_fall(index, vectors, queries):
    scores, positions = index.search(queries, 10)
    assert np.abs(scores - np.einsum("nd,nkd->nk", queries, vectors[positions])).max() < 1e-6
    assert (np.diff(scores, axis=1) <= 0).all()
    assert scores.dtype == np.float32
    assert positions.dtype == np.int64


def test_the_recall_on_record_holds_for_other_queries(index, vectors, queries):
    _, positions = index.search(queries, 10)
    wanted, _ = expected(queries, vectors, 10)
    recall = np.mean([len(set(a) & set(b)) / 10 for a, b in zip(positions, wanted, strict=True)])
    assert index.plan.meets_target
    assert recall >= index.plan.target - 0.02


def test_a_query_gets_the_same_answer_in_any_batch(index, queries):
    scores, positions = index.search(queries, 10)
    for row, query in enumerate(queries):
        alone = index.search(query[None], 10)
        assert alone[0].tolist() == scores[row : row + 1].tolist()
        assert alone[1].tolist() == positions[row : row + 1].tolist()


def test_asking_for_all_gives_each_once(index, vectors, queries):
    """A trained index would stop at the lists or nodes that it reads."""
    scores, positions = index.search(queries[:2], N + 5)
    assert np.sort(positions, axis=1).tolist() == [list(range(N))] * 2
    assert np.isfinite(scores).all()


def test_asking_for_nothing_gives_nothing(index, queries):
    assert [a.shape for a in index.search(queries, 0)] == [(64, 0), (64, 0)]
    assert [a.shape for a in index.search(queries[:0], 10)] == [(0, 10), (0, 10)]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("n", [1, 2, 3, 11, 50])
def test_few_vectors(kind, n):
    few = clustered(n)
    index = VectorIndex.build(few, kind=kind)
    scores, positions = index.search(few, 10)
    assert positions.shape == (n, min(n, 10))
    assert positions[:, 0].tolist() == list(range(n))
    assert scores[:, 0] == pytest.approx(np.ones(n))


@pytest.mark.parametrize("kind", ["auto", *KINDS])
def test_no_vectors(kind, tmp_path):
    index = VectorIndex.build(np.empty((0, DIM), np.float32), kind=kind)
    assert index.plan.kind == "flat"
    index.save(tmp_path / "none.faiss")
    index = VectorIndex.load(tmp_path / "none.faiss")
    assert len(index) == 0
    assert index.vectors.shape == (0, DIM)
    assert [a.shape for a in index.search(clustered(3), 10)] == [(3, 0), (3, 0)]


@pytest.mark.parametrize("kind", KINDS)
def test_equal_vectors_come_in_the_order_of_positions(kind):
    rows = np.repeat(clustered(100), 5, axis=0)[::-1]
    index = VectorIndex.build(rows, kind=kind)
    _, positions = index.search(rows[::5], 5)
    assert positions.tolist() == np.arange(500).reshape(100, 5).tolist()


@pytest.mark.parametrize("kind", KINDS)
def test_vectors_of_zeros_only(kind):
    index = VectorIndex.build(np.zeros((100, DIM), np.float32), kind=kind)
    scores, positions = index.search(np.zeros((2, DIM), np.float32), 3)
    assert scores.tolist() == [[0.0] * 3] * 2
    assert all(len(set(row)) == 3 for row in positions.tolist())


def test_vectors_are_the_indexed_ones_and_read_only(index, vectors):
    assert index.vectors.tolist() == vectors.tolist()
    with pytest.raises(ValueError, match="read-only"):
        index.vectors[0, 0] = 1.0


def test_vectors_of_a_loaded_flat_index_outlive_it(tmp_path, vectors):
    VectorIndex.build(vectors, kind="flat").save(tmp_path / "a.faiss")
    index = VectorIndex.load(tmp_path / "a.faiss")
    kept = index.vectors
    del index
    gc.collect()
    filler = [np.ones((N, DIM), np.float32) for _ in range(20)]
    assert kept.tolist() == vectors.tolist()
    assert len(filler) == 20


def test_cosines_of_given_pairs(index, vectors, queries):
    positions = np.asarray([[0, N - 1, -1]] * len(queries))
    found = index.cosines(queries, positions)
    assert np.abs(found[:, :2] - queries @ vectors[[0, N - 1]].T).max() < 1e-6
    assert np.isneginf(found[:, 2]).all()


def test_cosines_with_a_vector_that_is_not_there(index, queries):
    with pytest.raises(IndexError, match=f"position {N} of {N}"):
        index.cosines(queries[:1], np.asarray([[0, N]]))


def test_what_is_added_is_found_at_once(index, queries):
    new = -queries[:3]
    larger = index.add(new)
    assert (len(larger), len(index)) == (N + 3, N)
    scores, positions = larger.search(new, 5)
    assert positions[:, 0].tolist() == [N, N + 1, N + 2]
    assert scores[:, 0] == pytest.approx(np.ones(3))
    assert larger.vectors[N:].tolist() == new.tolist()
    assert (larger.add(new[:1]).search(new[:1], 2)[1] == [[N, N + 3]]).all()


def test_adding_leaves_other_answers_as_they_were(index, queries):
    larger = index.add(-queries[:1])
    far = queries @ queries[0] > 0
    for before, after in zip(index.search(queries[far], 10), larger.search(queries[far], 10), strict=True):
        assert before.tolist() == after.tolist()
    assert N not in index.search(-queries[:1], 10)[1]


def test_what_was_added_is_saved(index, queries, tmp_path):
    larger = index.add(-queries[:3])
    larger.save(tmp_path / "a.faiss")
    loaded = VectorIndex.load(tmp_path / "a.faiss")
    assert loaded.plan == larger.plan
    for before, after in zip(larger.search(-queries, 10), loaded.search(-queries, 10), strict=True):
        assert before.tolist() == after.tolist()
    assert loaded.add(queries[:1]).search(queries[:1], 1)[1].tolist() == [[N + 3]]


def test_other_dimensions_are_refused(index):
    for call in (lambda v: index.search(v, 3), index.add):
        with pytest.raises(WorkspaceError, match=rf"vectors of {DIM} dimensions.*\(2, 7\).*Fix: Use the enc"):
            call(np.zeros((2, 7), np.float32))
    with pytest.raises(WorkspaceError, match=rf"\({DIM},\)"):
        index.search(np.zeros(DIM, np.float32), 3)


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_a_vector_that_is_not_finite_is_refused(index, vectors, bad):
    rows = vectors[:4].copy()
    rows[2, 5] = bad
    for call in (lambda v: index.search(v, 3), index.add, VectorIndex.build):
        with pytest.raises(WorkspaceError, match=r"Row 2 .* not finite"):
            call(rows)


def test_other_layouts_and_types_are_taken(index, queries):
    wanted = index.search(queries, 3)[1].tolist()
    assert index.search(np.asfortranarray(queries), 3)[1].tolist() == wanted
    assert index.search(queries.astype(np.float64), 3)[1].tolist() == wanted


@pytest.mark.parametrize("kind", KINDS)
def test_equal_vectors_give_equal_files_whatever_the_threads(kind, vectors, tmp_path):
    before = faiss.omp_get_max_threads()
    try:
        for threads in (1, 2):
            faiss.omp_set_num_threads(threads)
            VectorIndex.build(vectors, kind=kind).save(tmp_path / f"{threads}.faiss")
            assert faiss.omp_get_max_threads() == threads
    finally:
        faiss.omp_set_num_threads(before)
    for suffix in (".faiss", ".plan.json"):
        one, two = ((tmp_path / f"{t}.faiss").with_suffix(suffix).read_bytes() for t in (1, 2))
        assert one == two


def test_a_gpu_takes_what_it_can_hold(monkeypatch, queries):
    """A stand-in for the GPU: who is sent there, and that deep requests stay."""
    sent = []

    class OnGpu:
        def __init__(self, index):
            self.index = index
            sent.append(type(index).__name__)

        def search(self, queries, m):
            assert m <= 2048, "FAISS refuses more on a GPU"
            return self.index.search(queries, m)

    monkeypatch.setattr(faiss, "get_num_gpus", lambda: 1)
    monkeypatch.setattr(faiss, "index_cpu_to_all_gpus", OnGpu)
    many = clustered(3_000)
    wanted = expected(queries, many, 1)[0].tolist()
    for kind in KINDS:
        index = VectorIndex.build(many, kind=kind)
        assert index.search(queries, 1)[1].tolist() == wanted
        assert index.search(queries, 3_000)[1].shape == (64, 3_000)
    assert sent == ["IndexFlatIP", "IndexIVFScalarQuantizer"]


def test_the_names_of_the_kinds_need_no_faiss():
    code = "import sys, retrieval.index.plan; print('faiss' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
