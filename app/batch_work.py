"""Who does the work of a batch: this process, or actors on a Ray cluster that open the workspace anew."""

import threading
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

from agents.llm.prices import Price, load_prices, require_price
from app.opening import Opened, open_all
from app.options import WorkOptions
from app.running import GraphRunner, Listener
from app.threads import use_threads
from catalog.errors import SettingsError
from catalog.product import Product
from catalog.progress import Silent
from catalog.settings import NO_LLM, Settings
from graph.batch.engine import Engine
from graph.batch.paying import paying
from graph.batch.purse import Purse
from graph.batch.spending import Spending
from graph.batch.work import Classify
from graph.context import Context
from graph.verdict import Verdict

# Chunks of one actor at a time: the encoder has the next one while the last is written, or asked about.
_TOGETHER = 2
_TOGETHER_ASKING = 4
_CASES_A_SLOT = 2


@dataclass(frozen=True)
class Work:
    """Attributes:
    classify: products to verdicts.
    engine: None for threads of this process.
    """

    classify: Classify
    spending: Spending
    engine: Engine | None = None


def work_of(
    options: WorkOptions, settings: Settings, opened: Opened, context: Context, listen: Listener
) -> Work:
    """What `--engine` asks for.

    Args:
        listen: called with each update of a node; not from actors.

    Raises:
        SettingsError: the price table is wrong, a greatest cost was given and there is no price, or there is
            no Ray, or no room in its cluster.
    """
    if options.engine == "ray":
        return _on_ray(options, settings, opened, context)
    if options.workers is not None:
        raise SettingsError("`--workers` is for `--engine ray`.", fix="Leave it out.")
    spending = Spending(_price(options, opened), options.max_cost, _slots(opened))
    return Work(classifier(opened, context, spending, settings.llm_concurrency, listen), spending)


def classifier(
    opened: Opened, context: Context, spending: Spending, concurrency: int, listen: Listener
) -> Classify:
    """Products to verdicts through the graph; what they cost is counted in `spending`.

    Args:
        concurrency: requests that the language model takes at once.
    """
    experts = paying(opened.experts, spending, _defined_categories(opened))
    # With only as many cases as slots, a slot would stand empty while an answer is read.
    runner = GraphRunner.over(experts, context, _CASES_A_SLOT * concurrency)

    def classify(products: Sequence[Product]) -> list[Verdict]:
        return runner.verdicts(products, listen)

    return classify


class OpensItself:
    """A classifier that is sent as its settings, and opens the workspace where it is first called.

    Attributes:
        workspace, prompts: folders that the other side sees under the same name.
        purse: all others pay into it too.
    """

    def __init__(
        self,
        workspace: Path,
        prompts: Path | None,
        settings: Settings,
        context: Context,
        price: Price | None,
        max_cost: float | None,
        purse: Purse,
    ) -> None:
        self._given = (workspace, prompts, settings, context, price, max_cost, purse)
        self._lock = threading.Lock()
        self._opened: Classify | None = None

    def __reduce__(self) -> tuple[type["OpensItself"], tuple[object, ...]]:
        return type(self), self._given

    def __call__(self, products: Sequence[Product]) -> Sequence[Verdict]:
        with self._lock:
            if self._opened is None:
                self._opened = self._open()
        return self._opened(products)

    def _open(self) -> Classify:
        workspace, prompts, settings, context, price, max_cost, purse = self._given
        use_threads(settings.threads)
        opened = open_all(workspace, settings, prompts, Silent())
        spending = Spending(price, max_cost, _slots(opened), purse)
        return classifier(opened, context, spending, settings.llm_concurrency, _ignore)


def _on_ray(options: WorkOptions, settings: Settings, opened: Opened, context: Context) -> Work:
    try:
        from graph.batch.ray_cluster import RayPurse, connect, room_for
        from graph.batch.ray_engine import RayActors
    except ImportError as error:
        raise SettingsError(
            f"`--engine ray` needs Ray: {error}.", fix="Install `dual-expert[ray]`."
        ) from error
    price = _price(options, opened)
    connect()
    actors, gpus = room_for(options.workers, gpu=settings.device != "cpu")
    purse = RayPurse()
    prompts = opened.prompts and opened.prompts.absolute()
    classify = OpensItself(
        opened.workspace.folder.absolute(), prompts, settings, context, price, options.max_cost, purse
    )
    together = _TOGETHER if settings.llm == NO_LLM else _TOGETHER_ASKING
    return Work(classify, Spending(price, options.max_cost, purse=purse), RayActors(actors, together, gpus))


def _price(options: WorkOptions, opened: Opened) -> Price | None:
    if opened.llm is None:
        return None
    prices = load_prices(options.prices)
    if options.max_cost is not None:
        return require_price(prices, opened.llm.name)
    return prices.find(opened.llm.name)


def _slots(opened: Opened) -> int:
    return 0 if opened.llm is None else opened.llm.limiter.limit


def _defined_categories(opened: Opened) -> Collection[str]:
    """Ids of the categories that have a definition."""
    if opened.experts.summarizer is None:
        return ()
    store = opened.experts.summarizer.store
    return store.get(c.category_id for c in opened.experts.domain_expert.taxonomy.categories)


def _ignore(_: object) -> None:
    """Nobody hears what an actor does."""
