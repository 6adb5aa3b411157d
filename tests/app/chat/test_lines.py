import pytest

from app.chat.lines import turns_of


@pytest.mark.parametrize(
    ("text", "turns"),
    [
        ("Dog bed\n\n  \n/undo\n", ["Dog bed", "/undo"]),
        ('"""\nDog bed\n- soft\n"""\n/undo', ["Dog bed\n- soft\n", "/undo"]),
        ('"""\nnever closed\n', ["never closed\n"]),
        ('{"title": "x"}\n/undo', ['{"title": "x"}', "/undo"]),
        ('{\n"title": "x"\n}\n/undo', ['{\n"title": "x"\n}', "/undo"]),
        ('{"title": "x",\n/undo', ['{"title": "x",\n', "/undo"]),
        ('{"title":\n\n/undo', ['{"title":\n', "/undo"]),
        ('{"title": oops}\n/undo', ['{"title": oops}', "/undo"]),
        ("", []),
    ],
)
def test_a_script_is_cut_into_turns(text: str, turns: list[str]) -> None:
    assert list(turns_of(text.splitlines(keepends=True))) == turns
