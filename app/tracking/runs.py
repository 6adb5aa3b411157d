"""Comparisons and trained workspaces as tracked runs."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from app.tracking.target import Target, read_target
from catalog.errors import SettingsError
from experiments.result import ArmResult, Comparison

_FILES = ("report.html", "comparison.json", "cases.csv")
_WORKSPACE_FILES = ("model_card.md", "recipe.json", "gate.json")


def track_comparison(comparison: Comparison, out: Path, target: str) -> str:
    """Parameters, figures and the report of a comparison; returns the run's id.

    Raises:
        SettingsError: the target takes no runs, or its packages are not installed.
    """
    params = dict(comparison.meta) | {
        f"{_key(arm.label)}.{name}": value for arm in comparison.arms for name, value in arm.identity.items()
    }
    metrics = {name: value for arm in comparison.arms for name, value in _figures(arm)}
    return _log(runs_target(target), f"compare {out.name}", params, metrics, [out / name for name in _FILES])


def track_training(workspace: Path, target: str) -> str:
    """Recipe, gate and model card of a trained workspace; returns the run's id.

    Raises:
        SettingsError: as `track_comparison`.
    """
    found = runs_target(target)
    recipe = _flat(json.loads((workspace / "recipe.json").read_text("utf-8")))
    gate = _flat(json.loads((workspace / "gate.json").read_text("utf-8")))
    metrics = {f"gate.{name}": float(value) for name, value in gate if _is_number(value)}
    params = {f"recipe.{name}": str(value) for name, value in recipe}
    files = [workspace / name for name in _WORKSPACE_FILES if (workspace / name).is_file()]
    return _log(found, f"train {workspace.name}", params, metrics, files)


def runs_target(target: str) -> Target:
    """A target that takes runs.

    Raises:
        SettingsError: it takes traces only, makes no sense, or its packages are not installed.
    """
    found = read_target(target)
    if found.kind != "mlflow":
        raise SettingsError(
            f"{target!r} takes traces, not runs.", fix="Track runs with `mlflow` or `mlflow:URI`."
        )
    return found


def _log(
    target: Target, name: str, params: Mapping[str, str], metrics: Mapping[str, float], files: list[Path]
) -> str:
    from app.tracking.mlflow_store import log_run

    return log_run(target.uri, name, params, metrics, files)


def _figures(arm: ArmResult) -> Iterator[tuple[str, float]]:
    key, standing = _key(arm.label), arm.standing
    yield f"{key}.errors", standing.errors
    if standing.share:
        yield f"{key}.right", standing.share.value
    if standing.gain:
        yield f"{key}.difference", standing.gain.difference.value
        yield f"{key}.p", standing.gain.p
    if arm.usage:
        yield f"{key}.tokens_in", arm.usage.tokens_in
        yield f"{key}.latency_ms", arm.usage.latency_p50
        if arm.usage.cost is not None:
            yield f"{key}.cost_of_1000", arm.usage.cost


def _key(label: str) -> str:
    """MLflow takes letters, digits and a few signs in names."""
    return "".join(c if c.isalnum() or c in "_-./ " else "_" for c in label)


def _flat(value: Any, name: str = "") -> list[tuple[str, Any]]:
    if isinstance(value, dict):
        return [pair for key, part in value.items() for pair in _flat(part, f"{name}.{key}" if name else key)]
    return [(name, value)]


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
