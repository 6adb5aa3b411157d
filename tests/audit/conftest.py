"""A small catalog with planted errors, and its observations."""

from dataclasses import dataclass
from random import Random

import pytest

from audit.observations import Observations, observe
from audit.run import Judgement, judge
from catalog.product import Product, Row
from catalog.progress import Silent
from retrieval.taxonomy import Taxonomy

WORDS = {
    "Garden > Watering > Hoses": ("hose", "reel", "nozzle", "flexible", "garden"),
    "Garden > Watering > Sprinklers": ("sprinkler", "lawn", "rotating", "garden", "spray"),
    "Garden > Tools > Spades": ("spade", "digging", "steel", "garden", "handle"),
    "Kitchen > Knives > Chef": ("chef", "knife", "blade", "steel", "forged"),
    "Kitchen > Knives > Bread": ("bread", "knife", "serrated", "steel", "loaf"),
    "Pets > Dogs > Beds": ("dog", "bed", "memory", "foam", "cushion"),
}
PER_CATEGORY = 30


@dataclass(frozen=True)
class World:
    rows: list[Row]
    planted: dict[str, str]  # true path by product id
    taxonomy: Taxonomy


def product(product_id: str, title: str, *paths: str) -> Product:
    return Product(product_id=product_id, title=title, category_paths=paths)


def _strayed(path: str, paths: list[str]) -> str:
    """The first other category of the same department; of any where it has none."""
    others = [other for other in paths if other != path]
    department = path.partition(" > ")[0]
    return next((other for other in others if other.startswith(department)), others[0])


def make_world() -> World:
    """180 products in 6 categories; 12 of them stand under a sibling, or under the tool beside."""
    draw = Random(7)
    ends = ("ran", "tis", "vol", "pek", "dun", "gos")
    names = [begin + end for begin in ("ba", "ko", "mi", "zu", "le") for end in ends]
    paths = list(WORDS)
    rows, planted = [], {}
    for path, words in WORDS.items():
        for i in range(PER_CATEGORY):
            number = len(rows) + 1
            title = " ".join([draw.choice(names), *draw.sample(words, 3), draw.choice(names)])
            given = path
            if i < 2:
                given = _strayed(path, paths)
                planted[f"p{number}"] = path
            rows.append(Row(number, product(f"p{number}", title, given)))
    return World(rows, planted, Taxonomy.from_paths(paths))


@pytest.fixture(scope="session")
def world() -> World:
    return make_world()


@pytest.fixture(scope="session")
def observations(world: World) -> Observations:
    return observe(world.rows, world.taxonomy)


@pytest.fixture(scope="session")
def judgement(observations: Observations) -> Judgement:
    return judge(observations, Silent(), threads=1)
