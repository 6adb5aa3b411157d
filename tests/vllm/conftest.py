"""A vLLM server of its own environment with a real model; `make test-vllm` names the environment's Python."""

import os
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from agents.llm.weights import SMOLLM2, model_folder
from catalog.settings import load_settings

PYTHON = os.environ.get("TEST_VLLM_PYTHON")
collect_ignore_glob = [] if PYTHON else ["test_*.py"]

MODEL = "smollm2"
START_S = 600
STOP_S = 30


@dataclass(frozen=True)
class Server:
    """A server that answers.

    Attributes:
        root: such as `http://127.0.0.1:40000`; the API lies under `base_url`.
    """

    root: str

    @property
    def base_url(self) -> str:
        return f"{self.root}/v1"

    def running(self) -> int:
        """Requests that the engine works on right now."""
        lines = httpx.get(f"{self.root}/metrics").text.splitlines()
        return sum(
            int(float(line.split()[-1])) for line in lines if line.startswith("vllm:num_requests_running")
        )


@pytest.fixture(scope="session")
def model_dir() -> Path:
    """SmolLM2-135M-Instruct as a Hugging Face folder."""
    return model_folder(SMOLLM2, load_settings().cache_dir)


@pytest.fixture(scope="session")
def vllm_environment() -> dict[str, str]:
    """Variables that bound vLLM on a shared machine and keep it from the network."""
    return {
        **os.environ,
        "VLLM_CPU_KVCACHE_SPACE": "1",  # GiB
        "VLLM_CPU_OMP_THREADS_BIND": "nobind",
        "VLLM_NO_USAGE_STATS": "1",
        "HF_HUB_OFFLINE": "1",
    }


@pytest.fixture(scope="session")
def server(
    model_dir: Path, vllm_environment: dict[str, str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Server]:
    log = tmp_path_factory.mktemp("vllm") / "server.log"
    port = _free_port()
    command = [
        *(str(PYTHON), "-m", "vllm.entrypoints.openai.api_server", "--model", str(model_dir)),
        *("--served-model-name", MODEL, "--host", "127.0.0.1", "--port", str(port)),
        *("--enforce-eager", "--max-model-len", "4096", "--enable-prompt-tokens-details"),
    ]
    with log.open("wb") as out:
        process = subprocess.Popen(
            command, env=vllm_environment, stdout=out, stderr=out, start_new_session=True
        )
        try:
            found = Server(f"http://127.0.0.1:{port}")
            _wait(found, process, log)
            yield found
        finally:
            stop(process)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _wait(server: Server, process: "subprocess.Popen[bytes]", log: Path) -> None:
    for _ in range(START_S):
        if process.poll() is not None:
            break
        try:
            httpx.get(f"{server.root}/health").raise_for_status()
            return
        except httpx.HTTPError:
            time.sleep(1)
    pytest.fail(f"vLLM does not answer:\n{log.read_text('utf-8', 'replace')[-4000:]}")


def stop(process: "subprocess.Popen[Any]") -> None:
    """End a process that leads a session of its own, and the engine that it may have started."""
    process.terminate()
    with suppress(subprocess.TimeoutExpired):
        process.wait(STOP_S)
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
