"""Where tracked runs and traces go, by one string."""

from dataclasses import dataclass
from importlib.util import find_spec
from typing import Literal

from catalog.errors import SettingsError

LOCAL_STORE = "sqlite:///mlflow.db"
_PACKAGES = {"mlflow": "mlflow", "otel": "opentelemetry.sdk"}
_EXTRAS = {"mlflow": "mlflow", "otel": "otel"}


@dataclass(frozen=True)
class Target:
    """Attributes:
    kind: MLflow, or any collector that speaks OpenTelemetry's protocol.
    uri: of the MLflow store, or of the collector; empty leaves that to the environment.
    """

    kind: Literal["mlflow", "otel"]
    uri: str


def read_target(text: str) -> Target:
    """`mlflow` (a SQLite file here), `mlflow:URI`, `otel` (where the environment says) or `otel:URL`.

    Raises:
        SettingsError: it is neither, or its packages are not installed.
    """
    kind, _, uri = text.partition(":")
    if kind == "mlflow":
        found = Target("mlflow", uri or LOCAL_STORE)
    elif kind == "otel":
        found = Target("otel", uri)
    else:
        raise SettingsError(
            f"{text!r} is no target to track to.", fix="Take `mlflow`, `mlflow:URI` or `otel`."
        )
    _require(kind)
    return found


def _require(kind: str) -> None:
    try:
        missing = find_spec(_PACKAGES[kind]) is None
    except ModuleNotFoundError:
        missing = True
    if missing:
        raise SettingsError(
            f"The packages of `{kind}` are not installed.", fix=f"pip install 'dual-expert[{_EXTRAS[kind]}]'"
        )
