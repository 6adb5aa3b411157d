"""A Ray cluster: joining it, what it has room for, and a purse that all of it shares."""

import logging
import os
import signal
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import ray
from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

from catalog.errors import SettingsError
from graph.batch.purse import OwnPurse


def connect() -> None:
    """Join the cluster that `RAY_ADDRESS` names, or begin one on this machine.

    Raises:
        SettingsError: there is no cluster at the address.
    """
    if ray.is_initialized():
        return
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    try:
        with _own_signals():
            ray.init(logging_level=logging.WARNING, log_to_driver=False, include_dashboard=False)
    except (ConnectionError, ValueError) as error:
        raise SettingsError(
            f"`RAY_ADDRESS` is {os.environ.get('RAY_ADDRESS')!r}: {error}",
            fix="Start Ray there, or unset it.",
        ) from error


def room_for(actors: int | None, *, gpu: bool) -> tuple[int, int]:
    """How many actors a batch takes, and how many GPUs each of them has.

    Args:
        actors: None takes as many as there are GPUs, or CPUs less one for the driver.
        gpu: whether actors shall take a GPU each where the cluster has any.

    Raises:
        SettingsError: the cluster has not room for so many.
    """
    has: Mapping[str, float] = ray.cluster_resources()
    gpus = int(has.get("GPU", 0)) if gpu else 0
    room = gpus or int(has.get("CPU", 1))
    wanted = actors or gpus or max(1, room - 1)
    if wanted > room:
        unit = "GPUs" if gpus else "CPUs"
        raise SettingsError(
            f"`--workers` is {wanted!r}, and the cluster has {room} {unit}.", fix="Take fewer, or add nodes."
        )
    return wanted, int(bool(gpus))


@contextmanager
def _own_signals() -> Iterator[None]:
    """Ray takes SIGTERM for itself, which shall still end a batch between chunks."""
    handlers = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    yield
    if threading.current_thread() is threading.main_thread():
        for number, handler in handlers.items():
            signal.signal(number, handler)


def here() -> Mapping[str, Any]:
    """On the driver's node: what waits there is lost only with the driver."""
    return {"scheduling_strategy": NodeAffinitySchedulingStrategy(node(), soft=False)}


def node() -> str:
    return str(ray.get_runtime_context().get_node_id())


class RayPurse:
    """A purse that the actors share; it can be pickled."""

    def __init__(self) -> None:
        self._sum = ray.remote(_Sum).options(num_cpus=0, **here()).remote()

    def reset(self, amount: float) -> None:
        ray.get(self._sum.reset.remote(amount))

    def add(self, amount: float) -> None:
        ray.get(self._sum.add.remote(amount))

    @property
    def total(self) -> float:
        return float(ray.get(self._sum.read.remote()))


class _Sum(OwnPurse):
    """In an actor, which has methods and no properties."""

    def read(self) -> float:
        return self.total
