from pathlib import Path

from app.fingerprint import batch_fingerprint, source_fingerprint
from app.opening import Opened
from graph.batch.past import ELSEWHERE
from graph.context import Context, Experts
from retrieval.workspace import Workspace
from tests.graph.stubs import StubDomainExpert, open_gate


def _catalog(folder: Path, text: str = "product_id,title\n1,Hose\n") -> Path:
    path = folder / "catalog.csv"
    path.write_text(text, "utf-8")
    return path


def test_another_catalog_has_another_fingerprint(tmp_path: Path) -> None:
    first = source_fingerprint(_catalog(tmp_path))
    assert first == source_fingerprint(_catalog(tmp_path))
    assert first != source_fingerprint(_catalog(tmp_path, "product_id,title\n1,Rope\n"))


def test_a_change_behind_the_first_mib_shows_in_the_size(tmp_path: Path) -> None:
    long = "product_id,title\n" + "1,Hose\n" * 200_000
    before = source_fingerprint(_catalog(tmp_path, long))
    after = source_fingerprint(_catalog(tmp_path, long + "2,Rope\n"))
    assert before["source_bytes"] != after["source_bytes"]
    assert before["source_start"] != after["source_start"]


def test_a_folder_is_told_by_all_its_files(tmp_path: Path) -> None:
    _catalog(tmp_path)
    before = source_fingerprint(tmp_path)
    (tmp_path / "more.csv").write_text("product_id,title\n9,Bed\n", "utf-8")
    assert source_fingerprint(tmp_path) != before


def test_files_that_are_not_read_do_not_tell(tmp_path: Path) -> None:
    _catalog(tmp_path)
    before = source_fingerprint(tmp_path)
    (tmp_path / "_SUCCESS").touch()
    (tmp_path / ".hidden.csv").write_text("product_id,title\n9,Bed\n", "utf-8")
    assert source_fingerprint(tmp_path) == before


def test_settings_of_the_run_are_part_of_it(tmp_path: Path, workspace_dir: Path) -> None:
    experts = Experts(StubDomainExpert(), open_gate())
    opened = Opened(Workspace(workspace_dir), experts, None, None)
    catalog = _catalog(tmp_path)

    def fingerprint(context: Context, **columns: str) -> dict[str, str]:
        return batch_fingerprint(opened, context, catalog, columns)

    standing = fingerprint(Context())
    assert standing["llm"] == "none"
    assert standing["workspace"] == opened.workspace.fingerprint
    changed = [
        fingerprint(Context(top_k=3)),
        fingerprint(Context(threshold=0.5)),
        fingerprint(Context(explain=False)),
        fingerprint(Context(), title="name"),
    ]
    assert all(other != standing for other in changed)
    assert {*standing} & ELSEWHERE == {"source", "source_bytes", "source_start", "columns"}
