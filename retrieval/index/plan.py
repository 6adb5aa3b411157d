"""Which kind of index serves which size, and the record of what was chosen and measured."""

from math import isqrt
from typing import Final, Literal

from pydantic import BaseModel, ConfigDict, Field

Kind = Literal["flat", "ivf", "hnsw"]
Choice = Literal["auto", "flat", "ivf", "hnsw"]

FLAT_BELOW: Final = 50_000
HNSW_UP_TO: Final = 200_000  # building its graph takes minutes from here on
TARGET: Final = 0.99
DEPTH: Final = 10
LINKS: Final = 32
POINTS_PER_LIST: Final = 40  # fewer make poor centroids
JUMP: Final = 4  # a comparison at the end of a graph's edge takes that many of those made in a row


class IndexPlan(BaseModel):
    """How an index was built, and what that costs and gives.

    Attributes:
        vectors: number of vectors it was built over; those added later are compared one by one.
        lists: cells of the k-means partition (`ivf`).
        links: neighbours a node keeps in each upper layer of the graph, twice as many below (`hnsw`).
        effort: lists read a query (`ivf`) or length of the queue of open nodes (`hnsw`).
        target: recall@10 that `effort` was chosen for.
        recall: share of the 10 nearest that is found, on rows that had no part in choosing `effort`.
        measured_on: number of these rows; 0 where the search is exact.
        measured_with: were they held out of the indexed `vectors`, or `queries` that the caller gave.
        comparisons: vectors compared with a query, on average.
        checksum: of a sample of the vectors, so that files of two builds are not mixed.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    kind: Kind
    vectors: int = Field(ge=0)
    dim: int = Field(ge=1)
    lists: int | None = None
    links: int | None = None
    effort: int | None = None
    target: float = Field(default=TARGET, gt=0, le=1)
    recall: float = Field(default=1.0, ge=0, le=1)
    measured_on: int = 0
    measured_with: Literal["vectors", "queries"] = "vectors"
    comparisons: float = Field(ge=0)
    checksum: str

    @property
    def meets_target(self) -> bool:
        return self.recall >= self.target

    @property
    def cost(self) -> float:
        """Of a query, in comparisons made in a row."""
        return self.comparisons * (JUMP if self.kind == "hnsw" else 1)

    @property
    def preference(self) -> tuple[bool, float]:
        """The least is chosen."""
        return not self.meets_target, self.cost


def kinds_to_try(vectors: int, choice: Choice) -> tuple[Kind, ...]:
    """Kinds to build and choose from; nothing can be trained on nothing."""
    if not vectors:
        return ("flat",)
    if choice != "auto":
        return (choice,)
    if vectors < FLAT_BELOW:
        return ("flat",)
    return ("flat", "ivf", "hnsw") if vectors <= HNSW_UP_TO else ("flat", "ivf")


def lists_for(vectors: int) -> int:
    """4 √n, the lower end of what FAISS advises below a million, as far as each list gets its points."""
    return max(1, min(4 * isqrt(vectors), vectors // POINTS_PER_LIST))
