import pytest

from app.checked import checked
from catalog.errors import SettingsError
from training.schedule import Schedule


def test_good_options_make_the_record() -> None:
    assert checked(Schedule, {"batch_size": 8}).batch_size == 8


def test_a_refusal_names_the_option_and_its_value() -> None:
    with pytest.raises(SettingsError, match=r"`--learning-rate` is -1.0") as caught:
        checked(Schedule, {"learning_rate": -1.0})
    assert "--learning-rate" in caught.value.fix
