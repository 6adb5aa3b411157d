"""Save, load, and what a damaged or mixed set of files says."""

import shutil

import faiss
import numpy as np
import pytest

from catalog.errors import WorkspaceError
from retrieval.index import VectorIndex
from tests.retrieval.test_index import DIM, KINDS, clustered

TRAINED = ("ivf", "hnsw")


@pytest.fixture(scope="module")
def saved(tmp_path_factory):
    """A folder with one index of each kind, by the kind's name."""
    folder = tmp_path_factory.mktemp("indexes")
    for kind in KINDS:
        VectorIndex.build(clustered(600), kind=kind).save(folder / f"{kind}.faiss")
    return folder


@pytest.fixture
def folder(saved, tmp_path):
    return shutil.copytree(saved, tmp_path / "copy")


@pytest.mark.parametrize("kind", KINDS)
def test_loads_what_was_saved(saved, kind):
    built, loaded = VectorIndex.build(clustered(600), kind=kind), VectorIndex.load(saved / f"{kind}.faiss")
    assert loaded.plan == built.plan
    assert loaded.plan.kind == kind
    assert loaded.vectors.tolist() == built.vectors.tolist()
    for one, other in zip(built.search(built.vectors, 7), loaded.search(built.vectors, 7), strict=True):
        assert one.tolist() == other.tolist()


def test_a_flat_index_has_no_second_copy_of_its_vectors(saved):
    assert {p.name for p in saved.glob("flat*")} == {"flat.faiss", "flat.plan.json"}


@pytest.mark.parametrize("kind", TRAINED)
def test_vectors_of_a_trained_index_are_mapped_not_read(saved, kind):
    loaded = VectorIndex.load(saved / f"{kind}.faiss").vectors
    while not isinstance(loaded, np.memmap):
        loaded = loaded.base
        assert loaded is not None, "copied into memory"


def test_flat_vectors_are_not_copied(saved):
    index = VectorIndex.load(saved / "flat.faiss")
    assert not index.vectors.flags.owndata
    assert index.vectors.flags.aligned


def test_a_flat_file_without_a_plan_is_a_flat_index(folder):
    (folder / "flat.plan.json").unlink()
    assert VectorIndex.load(folder / "flat.faiss").plan.kind == "flat"


@pytest.mark.parametrize("kind", TRAINED)
def test_saving_over_a_mapped_index_leaves_it_working(folder, kind):
    path = folder / f"{kind}.faiss"
    old, queries = VectorIndex.load(path), clustered(20, seed=2)
    before = old.search(queries, 5)[1].tolist()
    VectorIndex.build(clustered(300, seed=3), kind=kind).save(path)
    assert old.search(queries, 5)[1].tolist() == before
    assert len(VectorIndex.load(path)) == 300


def test_saving_a_flat_index_over_a_trained_one_takes_its_vectors_away(folder):
    VectorIndex.build(clustered(10), kind="flat").save(folder / "ivf.faiss")
    assert not (folder / "ivf.npy").exists()
    assert len(VectorIndex.load(folder / "ivf.faiss")) == 10


@pytest.mark.parametrize("kind", TRAINED)
def test_saving_a_mapped_index_where_it_came_from(folder, kind):
    path = folder / f"{kind}.faiss"
    before = [p.read_bytes() for p in sorted(folder.glob(f"{kind}.*"))]
    VectorIndex.load(path).save(path)
    assert [p.read_bytes() for p in sorted(folder.glob(f"{kind}.*"))] == before
    assert len(before) == 3


@pytest.mark.parametrize("name", ["flat.faiss", "ivf.faiss", "hnsw.faiss", "ivf.npy", "hnsw.npy"])
@pytest.mark.parametrize("damage", ["missing", "empty", "half", "noise"])
def test_a_damaged_file_is_named(folder, name, damage):
    path = folder / name
    content = path.read_bytes()
    path.unlink()
    if damage != "missing":
        path.write_bytes({"empty": b"", "half": content[: len(content) // 2], "noise": b"x" * 4096}[damage])
    with pytest.raises(WorkspaceError, match=rf"{name}` .*Fix: Train again") as caught:
        VectorIndex.load(path.with_suffix(".faiss"))
    assert str(folder) in str(caught.value)


@pytest.mark.parametrize("content", ["{", '{"kind": "pq"}', ""])
def test_a_damaged_plan_is_named(folder, content):
    (folder / "ivf.plan.json").write_text(content, "utf-8")
    with pytest.raises(WorkspaceError, match=r"ivf\.plan\.json` is damaged"):
        VectorIndex.load(folder / "ivf.faiss")


def test_a_trained_index_without_its_plan(folder):
    (folder / "ivf.plan.json").unlink()
    with pytest.raises(WorkspaceError, match=r"ivf\.faiss` is a `IndexIVFScalarQuantizer`"):
        VectorIndex.load(folder / "ivf.faiss")


def test_a_flat_index_under_another_measure(folder):
    index = faiss.IndexFlatL2(DIM)
    index.add(clustered(600))
    faiss.write_index(index, str(folder / "flat.faiss"))
    with pytest.raises(WorkspaceError, match=r"flat\.faiss` is a `IndexFlatL2`"):
        VectorIndex.load(folder / "flat.faiss")


@pytest.mark.parametrize(
    ("kind", "suffix"),
    [(k, s) for k in KINDS for s in (".faiss", ".plan.json", ".npy") if (k, s) != ("flat", ".npy")],
)
@pytest.mark.parametrize("other", [{"n": 500}, {"n": 700}, {"n": 600, "dim": 8}])
def test_files_of_two_builds_are_refused(folder, tmp_path, kind, suffix, other):
    VectorIndex.build(clustered(**other), kind=kind).save(tmp_path / f"{kind}.faiss")
    shutil.copy(tmp_path / f"{kind}{suffix}", folder / f"{kind}{suffix}")
    with pytest.raises(WorkspaceError, match=rf"{kind}\.faiss` .*Fix: Train again"):
        VectorIndex.load(folder / f"{kind}.faiss")


@pytest.mark.parametrize("kind", KINDS)
def test_other_vectors_of_the_same_shape_are_refused(folder, tmp_path, kind):
    VectorIndex.build(clustered(600, seed=8), kind=kind).save(tmp_path / f"{kind}.faiss")
    name = f"{kind}.faiss" if kind == "flat" else f"{kind}.npy"
    shutil.copy(tmp_path / name, folder / name)
    with pytest.raises(WorkspaceError, match="two builds"):
        VectorIndex.load(folder / f"{kind}.faiss")


def test_a_flat_index_that_grew_without_its_plan_is_refused(folder, tmp_path):
    VectorIndex.load(folder / "flat.faiss").add(clustered(1)).save(tmp_path / "flat.faiss")
    shutil.copy(tmp_path / "flat.faiss", folder / "flat.faiss")
    with pytest.raises(WorkspaceError, match="two builds"):
        VectorIndex.load(folder / "flat.faiss")


def test_an_index_of_the_other_kind_is_refused(folder):
    shutil.copy(folder / "hnsw.faiss", folder / "ivf.faiss")
    with pytest.raises(WorkspaceError, match=r"ivf\.faiss` holds .*`IndexHNSWSQ`.*says 'ivf'"):
        VectorIndex.load(folder / "ivf.faiss")


def test_a_wrong_query_names_the_file(saved):
    with pytest.raises(WorkspaceError, match=r"flat\.faiss` holds vectors of 24 dimensions"):
        VectorIndex.load(saved / "flat.faiss").search(np.zeros((1, 3), np.float32), 1)
