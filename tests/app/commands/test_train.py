import csv
import json
from pathlib import Path
from types import SimpleNamespace

import pytest

from app.exits import COULD_NOT_RUN, ERROR_ROWS, OK, STOPPED
from retrieval.gate import Gate
from tests.conftest import Cli
from training import train as training

GATE = Gate(
    threshold=0.5, target_accuracy=0.9, confidence=0.9, rows=9, coverage=1, accuracy=1, lower_bound=0.95
)


@pytest.fixture
def jobs(monkeypatch: pytest.MonkeyPatch) -> list[training.TrainingJob]:
    """Stands in for the training itself; keeps the jobs it was given."""
    jobs: list[training.TrainingJob] = []

    def train(job: training.TrainingJob, progress: object) -> training.TrainingSummary:
        jobs.append(job)
        counts = {"train": 10, "error_rows": 2 if job.catalog.name == "bad.csv" else 0}
        return training.TrainingSummary(job.workspace, False, "embedded", "English", counts, GATE)

    monkeypatch.setattr(training, "train", train)
    return jobs


def test_options_reach_the_job(cli: Cli, jobs: list[training.TrainingJob]) -> None:
    outcome = cli(
        *("train", "c.csv", "--workspace", "w", "--encoder", "embedded", "--split", "s.csv"),
        *("--column", "title=name", "--epochs", 3, "--batch-size", 8, "--learning-rate", 0.001),
        *("--max-tokens", 32, "--validation-share", 0.2, "--target-accuracy", 0.9, "--seed", 5),
        *("--device", "cpu", "--threads", 1, "--force", "--json"),
    )
    assert outcome.code == OK
    (job,) = jobs
    assert (job.catalog, job.workspace, job.split) == (Path("c.csv"), Path("w"), Path("s.csv"))
    assert (job.columns, job.device, job.threads, job.force) == ({"title": "name"}, "cpu", 1, True)
    recipe, schedule = job.recipe, job.recipe.schedule
    assert (schedule.epochs, schedule.batch_size, schedule.learning_rate) == (3, 8, 0.001)
    assert (recipe.encoder, recipe.seed, recipe.max_tokens) == ("embedded", 5, 32)
    assert (recipe.validation_share, recipe.target_accuracy) == (0.2, 0.9)
    assert outcome.document["gate"]["threshold"] == 0.5


def test_what_is_not_given_is_the_recipes(cli: Cli, jobs: list[training.TrainingJob]) -> None:
    assert cli("train", "c.csv", "--workspace", "w").code == OK
    assert jobs[0].recipe == type(jobs[0].recipe)()


def test_the_summary_is_readable(cli: Cli, jobs: list[training.TrainingJob]) -> None:
    outcome = cli("train", "bad.csv", "--workspace", "w")
    assert outcome.code == ERROR_ROWS
    for part in ("Encoder: embedded. English", "Accepts at confidence 0.500", "2 rows could not be used"):
        assert part in outcome.stdout
    assert str(Path("w") / "training_errors.jsonl") in outcome.stdout


def test_a_value_that_makes_no_sense_is_refused(cli: Cli, jobs: list[training.TrainingJob]) -> None:
    outcome = cli("train", "c.csv", "--workspace", "w", "--learning-rate", 0)
    assert outcome.code == COULD_NOT_RUN
    assert "`schedule.learning_rate` is 0.0" in outcome.stderr
    assert not jobs


def test_ctrl_c_can_be_resumed(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    def train(job: object, progress: object) -> SimpleNamespace:
        raise KeyboardInterrupt

    monkeypatch.setattr(training, "train", train)
    outcome = cli("train", "c.csv", "--workspace", "w", "--json")
    assert outcome.code == STOPPED
    assert outcome.document["error"]["kind"] == "Stopped"


def test_a_missing_catalog_is_said(cli: Cli, tmp_path: Path) -> None:
    outcome = cli("train", tmp_path / "none.csv", "--workspace", tmp_path / "w", "--json")
    assert outcome.code == COULD_NOT_RUN
    assert "none.csv` does not exist" in outcome.document["error"]["message"]
    assert outcome.document["error"]["fix"]


def test_a_missing_column_is_said_with_the_option_that_mends_it(cli: Cli, tmp_path: Path) -> None:
    catalog = tmp_path / "c.csv"
    catalog.write_text("product_id,name,category_path\n1,Hose,A > b\n", "utf-8")
    outcome = cli("train", catalog, "--workspace", tmp_path / "w")
    assert outcome.code == COULD_NOT_RUN
    assert "has no column 'title'" in outcome.stderr
    assert "--column title=" in outcome.stderr


def test_rows_left_out_are_listed(cli: Cli, tmp_path: Path, tiny_catalog: Path) -> None:
    catalog, workspace = tmp_path / "c.csv", tmp_path / "w"
    catalog.write_text(tiny_catalog.read_text("utf-8") + "extra,,,A > b,en-US\n", "utf-8")
    options = ("--encoder", "embedded", "--epochs", 1, "--validation-share", 0.25, "--device", "cpu")
    outcome = cli("train", catalog, "--workspace", workspace, *options, "--json")
    assert outcome.code == ERROR_ROWS
    document = outcome.document
    assert document["counts"]["error_rows"] == 1
    (line,) = Path(document["errors_file"]).read_text("utf-8").splitlines()
    assert json.loads(line)["product_id"] == "extra"
    again = cli("train", catalog, "--workspace", workspace, *options, "--json")
    assert (again.code, again.document["reused"]) == (ERROR_ROWS, True)
    with tiny_catalog.open(encoding="utf-8") as file:
        assert document["counts"]["categories"] == len({row["category_path"] for row in csv.DictReader(file)})
