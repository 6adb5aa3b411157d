"""The Dockerfile and the compose file, as far as they can be checked without an engine."""

import re
import tomllib
from pathlib import Path

import pytest
import yaml
from typer.main import get_command

from app.cli import build_app
from catalog.settings import ENV_PREFIX, Settings

ROOT = Path(__file__).parents[3]
DOCKERFILE = (ROOT / "Dockerfile").read_text("utf-8").replace("\\\n", " ")
COMPOSE = yaml.safe_load((ROOT / "compose.yaml").read_text("utf-8"))
SERVICE = COMPOSE["services"]["dual-expert"]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
OPTIONS = {"DUAL_EXPERT_API_KEY_FILE"}


def lines(word):
    return [line.removeprefix(f"{word} ") for line in DOCKERFILE.splitlines() if line.startswith(f"{word} ")]


def test_what_is_copied_is_there_and_every_package_is():
    copied = {name for line in lines("COPY") if "--from" not in line for name in line.split()[:-1]}
    assert [name for name in copied if not (ROOT / name).exists()] == []
    packages = {name.rstrip("*") for name in PROJECT["tool"]["setuptools"]["packages"]["find"]["include"]}
    assert packages <= copied
    ignored = (ROOT / ".dockerignore").read_text("utf-8").split()
    assert not copied & set(ignored)


def test_the_extras_that_are_installed_exist():
    (extras,) = re.findall(r"^ARG EXTRAS=(\S+)$", DOCKERFILE, re.MULTILINE)
    assert set(extras.split(",")) <= set(PROJECT["project"]["optional-dependencies"])


def test_it_runs_as_nobody_special_and_says_whether_it_lives():
    assert int(lines("USER")[-1]) > 0
    (check,) = lines("HEALTHCHECK")
    assert "/health'" in check
    assert lines("EXPOSE") == ["8000"]


def test_the_command_that_it_runs_is_one_of_ours():
    name, *options = yaml.safe_load(lines("CMD")[-1])
    serve = get_command(build_app()).commands[name]
    context = serve.make_context(name, [*options, "--api-key-file", "keys"])
    assert context.params["host"] == "0.0.0.0"


def test_the_services_are_built_from_here_and_set_by_known_settings():
    build = SERVICE["build"]
    assert (ROOT / build["context"] / "Dockerfile").is_file()
    assert set(build["args"]) <= set(re.findall(r"^ARG (\w+)", DOCKERFILE, re.MULTILINE))
    known = {f"{ENV_PREFIX}{name.upper()}" for name in Settings.model_fields} | OPTIONS
    assert set(SERVICE["environment"]) <= known


def test_only_loopback_of_the_host_is_opened():
    published = [port for service in COMPOSE["services"].values() for port in service.get("ports", [])]
    assert published == ["127.0.0.1:${PORT:-8000}:8000"]


@pytest.mark.parametrize("name", COMPOSE["services"])
def test_volumes_secrets_and_neighbours_are_declared(name):
    service = COMPOSE["services"][name]
    named = [
        volume.split(":")[0] for volume in service.get("volumes", []) if not volume.startswith(("$", "."))
    ]
    assert set(named) <= set(COMPOSE["volumes"])
    assert set(service.get("secrets", [])) <= set(COMPOSE["secrets"])
    for neighbour, how in service.get("depends_on", {}).items():
        assert how["condition"] == "service_started" or "healthcheck" in COMPOSE["services"][neighbour]


def test_no_password_stands_in_the_file():
    text = (ROOT / "compose.yaml").read_text("utf-8")
    assert re.findall(r"PASSWORD: (?!\$\{POSTGRES_PASSWORD:\?)", text) == []
    assert "${POSTGRES_PASSWORD:?" in SERVICE["environment"]["DUAL_EXPERT_DEFINITIONS"]
