"""What a session says: plain records that any user interface can show and that a thread keeps."""

from typing import Literal

from pydantic import Field

from agents.case import Definition, Neighbour, Record
from catalog.product import Product
from experiments.cases import LabelledCase
from graph.verdict import Verdict

Stage = Literal["won", "recall", "score", "rank"]


class RunSettings(Record):
    """How an outcome was made.

    Attributes:
        threshold: None takes the workspace's gate.
        llm: as `--llm`.
        strategy: as `--strategy`.
        prompt: of the general expert; None takes the newest one of its strategy.
    """

    top_k: int = Field(default=10, ge=1)
    threshold: float | None = Field(default=None, ge=0.0, le=1.0)
    llm: str = Field(default="embedded", min_length=1)
    strategy: str = "auto"
    prompt: str | None = None


class Step(Record):
    """A node that ran.

    Attributes:
        line: what it did, in words; holds text of strangers.
        cost: USD; None when the model has no price.
    """

    node: str
    ms: float
    line: str
    tokens_in: int = 0
    tokens_out: int = 0
    cost: float | None = 0.0


class GateView(Record):
    """What the gate asked of this product.

    Attributes:
        threshold: confidence from which it accepts; None when it accepts nothing here.
        group: the locale or department that the threshold belongs to; empty for one threshold for all.
        promise: what may be relied on when it accepts, in a sentence.
    """

    threshold: float | None
    confidence: float
    accepted: bool
    group: str
    promise: str


class Trace(Record):
    """Where the run is kept; names of LangGraph, so that any of its clients finds it.

    Attributes:
        thread: its thread id.
        input, recommended, final: checkpoint ids before the first node, after `recommend`, and at the end.
    """

    thread: str
    input: str
    recommended: str
    final: str

    @property
    def trace_id(self) -> str:
        return f"{self.thread}@{self.final}"


class Outcome(Record):
    """One product put into its category, with all grounds.

    Attributes:
        number: within its thread, from 1.
        parent: the outcome that it forks from; None for a product that was given.
        change: what was changed against the parent, in words.
        definitions: as the general expert saw them.
        steps: nodes that ran; those before a fork did not run again.
        replaced: the definition that was edited for this outcome, as it stood before.
    """

    number: int
    parent: int | None = None
    change: str = ""
    product: Product
    settings: RunSettings
    verdict: Verdict
    gate: GateView
    neighbours: tuple[Neighbour, ...]
    definitions: tuple[Definition, ...] = ()
    steps: tuple[Step, ...]
    trace: Trace
    trace_id: str
    replaced: Definition | None = None


class Comparison(Record):
    """Two outcomes side by side.

    Attributes:
        ran: nodes that ran again.
        kept: nodes whose work was taken over.
    """

    before: Outcome
    after: Outcome
    ran: tuple[str, ...]
    kept: tuple[str, ...]


class Opinion(Record):
    """What one source says of the asked category and of the winner.

    Attributes:
        rank, winner_rank: place among all categories, from 1; None where the source does not know it.
        score, winner_score: its own, a log-probability or a cosine.
        recalled: it put the asked category among its best K.
    """

    source: str
    rank: int | None
    score: float | None
    winner_rank: int | None
    winner_score: float | None
    recalled: bool


class Standing(Record):
    """A category after recall and fusion.

    Attributes:
        place: among all that was recalled, from 1.
        score: fused probability.
        labelled: training products of it.
        near: of the product's nearest training products, those in it.
    """

    category_id: str
    category_path: str
    place: int
    score: float
    labelled: int
    near: int


class Contest(Record):
    """Why a category is not the answer.

    Attributes:
        stage: where it lost: no source recalled it, its fused score was lower, or the general expert
            ranked it lower; `won` when it is the answer.
        neighbours: nearest training products that were looked at.
        definition, winner_definition: texts, empty where none is written.
        outcome: with the category among the candidates that the general expert saw: the current one, or a
            fork of it; None when no general expert was asked.
        reason: the same in sentences.
    """

    asked: Standing
    winner: Standing
    stage: Stage
    recalled_at: int
    neighbours: int
    opinions: tuple[Opinion, ...]
    definition: str = ""
    winner_definition: str = ""
    outcome: Outcome | None = None
    reason: str


class DefinitionEdit(Record):
    """A definition that a person wrote.

    Attributes:
        before: None where there was none.
        comparison: the current product with either; None where the general expert had not been asked.
    """

    before: Definition | None
    after: Definition
    comparison: Comparison | None = None


class Answer(Record):
    """What the language model says to a question, from the trace alone.

    Attributes:
        held: the trace holds it, by the model's word and by a quote that was found there.
        quotes: the parts of the trace it rests on.
    """

    question: str
    held: bool
    answer: str
    quotes: tuple[str, ...] = ()
    model: str
    tokens_in: int = 0
    tokens_out: int = 0


class Decision(Record):
    """A decision in the review queue."""

    status: Literal["accepted", "corrected"]
    product_id: str
    category_path: str
    case: int
    queue: str


class SavedCase(Record):
    """A case as it stands in a file now."""

    file: str
    case: LabelledCase


class Turn(Record):
    """One exchange of a thread.

    Attributes:
        kind: of the reply, such as `outcome`; `error` when it was refused.
        summary: the reply in a line.
        outcome: the current outcome after it, None before the first.
        time: UTC, ISO 8601.
    """

    number: int
    said: str
    kind: str
    summary: str
    outcome: int | None
    time: str


class ThreadInfo(Record):
    """A thread in a list.

    Attributes:
        title: of its first product, empty before.
        workspace, fingerprint: it was opened with.
        current: outcomes from the first to the one that is talked about; undo takes the last away.
        outcomes, turns: how many there are.
    """

    thread_id: str
    title: str = ""
    workspace: str
    fingerprint: str
    created: str
    updated: str
    current: tuple[int, ...] = ()
    outcomes: int = 0
    turns: int = 0
