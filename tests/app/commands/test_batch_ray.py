"""`batch run --engine ray` on a real cluster of this machine."""

import importlib.util
from pathlib import Path

import pytest

from app.exits import COULD_NOT_RUN, OK

ROOT = Path(__file__).parents[3]
NO_RAY = importlib.util.find_spec("ray") is None


def parts(out: Path) -> list[bytes]:
    return [path.read_bytes() for path in sorted((out / "verdicts").iterdir())]


@pytest.mark.slow
@pytest.mark.skipif(NO_RAY, reason="needs the extra `ray`")
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_two_actors_write_what_this_process_writes(cli, workspace_dir, tiny_catalog, tmp_path, monkeypatch):
    import ray

    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    given = ["batch", "run", tiny_catalog, "--workspace", workspace_dir, "--llm", "none"]
    given += ["--chunk-rows", "8", "--threads", "1", "--json"]
    ray.init(num_cpus=2, include_dashboard=False, logging_level="warning")
    try:
        outcome = cli(*given, "--out", tmp_path / "ray", "--engine", "ray", "--workers", "2")
        refused = cli(*given, "--out", tmp_path / "many", "--engine", "ray", "--workers", "9")
    finally:
        ray.shutdown()
    assert outcome.code == OK
    assert cli(*given, "--out", tmp_path / "local").code == OK
    assert parts(tmp_path / "ray") == parts(tmp_path / "local")
    assert refused.code == COULD_NOT_RUN
    assert "`--workers` is 9" in refused.document["error"]["message"]


@pytest.mark.skipif(not NO_RAY, reason="Ray is installed")
def test_without_ray_it_says_what_to_install(cli, workspace_dir, tiny_catalog, tmp_path):
    given = ["batch", "run", tiny_catalog, "--workspace", workspace_dir, "--llm", "none"]
    outcome = cli(*given, "--out", tmp_path / "out", "--engine", "ray", "--json")
    assert outcome.code == COULD_NOT_RUN
    assert "dual-expert[ray]" in outcome.document["error"]["fix"]


def test_workers_without_a_cluster_are_refused(cli, workspace_dir, tiny_catalog, tmp_path):
    given = ["batch", "run", tiny_catalog, "--workspace", workspace_dir, "--llm", "none"]
    outcome = cli(*given, "--out", tmp_path / "out", "--workers", "2", "--json")
    assert outcome.code == COULD_NOT_RUN
    assert "`--engine ray`" in outcome.document["error"]["message"]
