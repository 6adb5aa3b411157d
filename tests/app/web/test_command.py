"""`chat --web`: what it refuses before anything is opened."""

from pathlib import Path

import pytest

from tests.conftest import Cli

pytest.importorskip("nicegui")


def test_other_addresses_without_a_password_are_refused(cli: Cli, tmp_path: Path) -> None:
    done = cli("chat", "--web", "--workspace", tmp_path, "--host", "0.0.0.0")
    assert done.code == 2
    assert "no password is set" in done.stderr


def test_the_terminals_options_are_refused(cli: Cli, tmp_path: Path) -> None:
    done = cli("chat", "--web", "--workspace", tmp_path, "--thread", "last")
    assert done.code == 2
    assert "--thread" in done.stderr


def test_a_short_password_is_refused(cli: Cli, tmp_path: Path) -> None:
    (tmp_path / "password").write_text("short", "utf-8")
    done = cli("chat", "--web", "--workspace", tmp_path, "--password-file", tmp_path / "password")
    assert done.code == 2
    assert "too short" in done.stderr
