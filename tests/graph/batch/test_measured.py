from pathlib import Path

from batch_world import classify, job, product, run, verdict

from graph.batch.measured import Answered, measured_answers


def asked(count: int) -> set[str]:
    numbers = (n for n in range(1, count + 1) if n % 10)
    return {f"p{n}" for n in numbers if verdict(product(n)).status == "deliberated"}


def test_deliberations_of_the_first_folder_that_has_any_are_found(tmp_path: Path) -> None:
    run(job(tmp_path / "a", 100))
    found = measured_answers([tmp_path / "nowhere", tmp_path / "a"], 1_000)
    assert {*found.answers} == asked(100)
    assert {*found.answers.values()} == {Answered("embedded", "rank v1", 100, 10)}
    assert found.seconds is not None


def test_a_sample_is_drawn_from_all_of_them(tmp_path: Path) -> None:
    run(job(tmp_path / "a", 400))
    found = measured_answers([tmp_path / "a"], 20)
    assert len(found.answers) == 20
    assert {*found.answers} <= asked(400)
    assert max(int(name[1:]) for name in found.answers) > 200


def test_failed_ones_and_damaged_parts_tell_nothing(tmp_path: Path) -> None:
    run(
        job(tmp_path / "a", 40),
        lambda some: [each.model_copy(update={"status": "degraded"}) for each in classify(some)],
    )
    assert measured_answers([tmp_path / "a"], 10).answers == {}
    run(job(tmp_path / "b", 40))
    for part in (tmp_path / "b" / "verdicts").iterdir():
        part.write_bytes(b"")
    assert measured_answers([tmp_path / "b"], 10).answers == {}


def test_a_few_rows_tell_no_speed(tmp_path: Path) -> None:
    run(job(tmp_path / "a", 40))
    assert measured_answers([tmp_path / "a"], 10).seconds is None
