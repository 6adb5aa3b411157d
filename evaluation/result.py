"""What an evaluation finds, as records that go to JSON and back."""

from typing import Literal

from pydantic import Field

from evaluation.auc import AucScores
from evaluation.breakdown import ConfusedPair
from evaluation.calibration import ReliabilityBin
from evaluation.classes import ClassFigures
from evaluation.compare import ComparedMetric
from evaluation.coverage import CoveragePoint
from evaluation.groups import GroupScores
from evaluation.label_scores import LabelScores
from evaluation.levels import LevelScores
from evaluation.metrics import Scores
from evaluation.paired import Difference, McNemar
from evaluation.proportion import Proportion
from evaluation.record import Record

Status = Literal["accepted", "deliberated", "degraded", "review"]


class PromisedCoverage(Record):
    """The share of products that can be let out at `accuracy`, read off the same products."""

    accuracy: float
    coverage: float


class ExpertFigures(Record):
    """One expert over all products.

    Attributes:
        accuracy: the prediction is one of the product's own paths.
        accuracy_any: the prediction is a path under which any product of the same text stands.
        levels: label scores by level of the tree; their mean weighted F1 is the MWPD2020 measure.
        auc: means of the classes' one-vs-rest AUC; None where there is only one class.
        recall_at: by number of candidates.
        ece: expected calibration error over 15 equal-mass bins.
        log_loss: of the confidence, in nats.
        histogram: products by confidence, in equal stretches from 0 to 1.
        coverage: points of the accuracy-coverage curve, thinned for plotting.
        coverage_area: mean accuracy over all coverages.
    """

    accuracy: Proportion
    accuracy_any: Proportion
    labels: LabelScores
    levels: LevelScores
    hierarchical: Scores
    auc: AucScores | None
    recall_at: dict[int, Proportion]
    ece: float
    brier: float
    log_loss: float
    reliability: tuple[ReliabilityBin, ...]
    histogram: tuple[int, ...]
    coverage: tuple[CoveragePoint, ...]
    coverage_area: float
    coverage_at: tuple[PromisedCoverage, ...]


class Comparison(Record):
    """Accuracy of both experts on the same products; `first` of the test is the domain expert."""

    domain_expert: Proportion
    dual_expert: Proportion
    mcnemar: McNemar
    difference: Difference


class GroupFigures(Record):
    """Both experts on the products of the group `name`."""

    name: str
    domain_expert: GroupScores
    dual_expert: GroupScores


class PointsFigures(Record):
    """Accuracy where the true category has `name` training products; `categories` of them occur here."""

    name: str
    categories: int
    domain_expert: Proportion
    dual_expert: Proportion


class LeastPointsFigures(Record):
    """Accuracy where the true category has at least `least` training products."""

    least: int
    categories: int
    domain_expert: Proportion
    dual_expert: Proportion


class StatusFigures(Record):
    """The share of products that ended with `status` and both experts on them, None without any."""

    status: Status
    share: Proportion
    domain_expert: Proportion | None
    dual_expert: Proportion | None


class Mistake(Record):
    """A wrong answer of the dual expert.

    Attributes:
        also_listed: the prediction is wrong for this product, but the catalog holds a product of the
            same text under it; the label may be at fault.
    """

    product_id: str
    title: str
    locale: str
    truths: tuple[str, ...]
    prediction: str
    confidence: float
    status: Status
    also_listed: bool


class Evaluation(Record):
    """The domain expert alone against the dual expert, on the same labelled products.

    Attributes:
        n: products.
        categories: distinct true paths among them.
        ambiguous: products whose text stands in the catalog under further paths.
        differences: dual minus domain expert, by metric, over all products.
        uncertain: both on the products that the gate did not accept; None when it accepted all.
        statuses: always all four.
        points: by training products of the true category, fewest first.
        least_points: by their minimum, lowest first.
        departments: by the first node of the true path.
        confused_departments: of the dual expert, pairs of first nodes, right ones too.
        classes: the true categories, by name.
        confused: of the dual expert, the most frequent first.
        mistakes: of the dual expert, the most confident first.
        meta: what was evaluated, in the words of whoever did.
    """

    n: int
    categories: int
    ambiguous: int
    domain_expert: ExpertFigures
    dual_expert: ExpertFigures
    differences: dict[ComparedMetric, Difference]
    uncertain: Comparison | None
    statuses: tuple[StatusFigures, ...]
    points: tuple[PointsFigures, ...]
    least_points: tuple[LeastPointsFigures, ...]
    locales: tuple[GroupFigures, ...]
    departments: tuple[GroupFigures, ...]
    confused_departments: tuple[ConfusedPair, ...]
    classes: tuple[ClassFigures, ...]
    confused: tuple[ConfusedPair, ...]
    mistakes: tuple[Mistake, ...]
    meta: dict[str, str] = Field(default_factory=dict)
