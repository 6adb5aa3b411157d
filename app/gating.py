"""The gate's threshold, chosen anew."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Literal

from agents.fusion import Fusions
from app.validation import ValidationRow, confidences_of, groups_of, levels_of, read_validation, right_of
from catalog.errors import SettingsError, WorkspaceError
from retrieval.gate import Costs, Gate, Per
from retrieval.workspace import GATE, GENERAL, Workspace, write_json
from training.gate.choose import budget_gate, choose_gate, least_cost_gate
from training.gate.levels import with_levels
from training.recipe import Recipe

# What a request may change without choosing a threshold.
_BESIDE = ("review_below", "accept_inner")


@dataclass(frozen=True)
class GateRequest:
    """What is asked of the gate; None keeps what stands.

    Attributes:
        target_accuracy, confidence: of the promise, as in `Gate`.
        certified: valid over all thresholds tried at once.
        per: a promise for each group; `all` goes back to one for all products.
        llm_cost, mistake_cost: choose the least expected cost instead.
        llm_share: deliberate at most this share instead.
        review_below, accept_inner: as in `Gate`.

    Raises:
        SettingsError: options that make no sense, alone or together.
    """

    target_accuracy: float | None = None
    confidence: float | None = None
    certified: bool | None = None
    per: Per | Literal["all"] | None = None
    llm_cost: float | None = None
    mistake_cost: float | None = None
    llm_share: float | None = None
    review_below: float | None = None
    accept_inner: bool | None = None

    def __post_init__(self) -> None:
        for name, value in (("target-accuracy", self.target_accuracy), ("confidence", self.confidence)):
            if value is not None and not 0.0 < value < 1.0:
                raise SettingsError(f"`--{name}` is {value!r}.", fix="Choose between 0 and 1, such as 0.95.")
        if (self.llm_cost is None) != (self.mistake_cost is None):
            raise SettingsError("`--llm-cost` and `--mistake-cost` belong together.", fix="Give both.")
        if self.mistake_cost is not None and self.mistake_cost <= 0:
            raise SettingsError(f"`--mistake-cost` is {self.mistake_cost!r}.", fix="Give a price above 0.")
        self._refuse_two_rules()

    @property
    def chooses(self) -> bool:
        """Whether a threshold is to be chosen; else only what stands beside it changes."""
        return any(getattr(self, part.name) is not None for part in fields(self) if part.name not in _BESIDE)

    def _refuse_two_rules(self) -> None:
        promise = self.target_accuracy or self.certified or self.per
        asked = {
            "a promise (`--target-accuracy`, `--certified`, `--per`)": bool(promise),
            "`--llm-cost`": self.llm_cost is not None,
            "`--llm-share`": self.llm_share is not None,
        }
        given = [name for name, was_asked in asked.items() if was_asked]
        if len(given) > 1:
            raise SettingsError(
                f"{' and '.join(given)} choose a threshold each.", fix="Ask for one of them only."
            )


def set_gate(workspace: Workspace, request: GateRequest) -> Gate:
    """Choose the threshold on the validation rows and write it into the workspace.

    Raises:
        WorkspaceError: the validation rows cannot be read, or do not tell the groups asked for.
    """
    standing = _standing(workspace)
    rows = read_validation(workspace)
    anew = request.chooses or (rows and not standing.rows)
    gate = _chosen(workspace, rows, request, standing) if anew else standing
    below = standing.review_below if request.review_below is None else request.review_below
    inner = standing.accept_inner if request.accept_inner is None else request.accept_inner
    gate = gate.model_copy(update={"review_below": below, "accept_inner": inner})
    write_json(workspace.path(GATE), gate)
    return gate


def mended_share(workspace: Workspace) -> float | None:
    """Share of the domain expert's mistakes that the general expert put right on validation rows.

    Of the fit with the most rows; None before `dual-expert tune`.

    Raises:
        WorkspaceError: the fits cannot be read.
    """
    fits = Fusions.load(workspace.path(GENERAL)).fits.values()
    if not fits:
        return None
    fit = max(fits, key=lambda record: record.rows)
    mistakes = 1 - fit.domain_accuracy
    if fit.kept_domain or mistakes <= 0:
        return 0.0
    return max(0.0, (fit.fused_accuracy - fit.domain_accuracy) / mistakes)


def _chosen(
    workspace: Workspace, rows: Sequence[ValidationRow], request: GateRequest, standing: Gate
) -> Gate:
    """With thresholds for the inner levels too, where the rows keep them."""
    if not rows:
        raise WorkspaceError(
            "The workspace has no labelled row to choose a threshold on.",
            fix="Label products (`dual-expert suggest-labels` names some) and train with them.",
        )
    gate = _by_rule(workspace, rows, request, standing)
    return with_levels(gate, *levels_of(rows), confidences_of(rows), groups_of(rows, gate.per))


def _by_rule(
    workspace: Workspace, rows: Sequence[ValidationRow], request: GateRequest, standing: Gate
) -> Gate:
    confidences, right = confidences_of(rows), right_of(rows)
    target = request.target_accuracy or standing.target_accuracy
    confidence = request.confidence or standing.confidence
    if request.llm_share is not None:
        share = request.llm_share
        return budget_gate(confidences, right, share, target_accuracy=target, confidence=confidence)
    if request.llm_cost is not None and request.mistake_cost is not None:
        costs = _costs(workspace, request.llm_cost, request.mistake_cost)
        return least_cost_gate(confidences, right, costs, target_accuracy=target, confidence=confidence)
    per = standing.per if request.per is None else request.per
    per = None if per == "all" else per
    certified = standing.rule == "certified" if request.certified is None else request.certified
    return choose_gate(
        confidences,
        right,
        target_accuracy=target,
        confidence=confidence,
        certified=certified,
        per=per,
        groups=groups_of(rows, per),
    )


def _costs(workspace: Workspace, llm: float, mistake: float) -> Costs:
    """Where nothing was measured, deliberation is taken to put every mistake right."""
    measured = mended_share(workspace)
    mended = 1.0 if measured is None else measured
    return Costs(llm=llm, mistake=mistake, mended=mended, measured=measured is not None)


def _standing(workspace: Workspace) -> Gate:
    """The gate as it is; as training sets it when its file is damaged, so that this can mend it."""
    try:
        return workspace.gate()
    except WorkspaceError:
        recipe = Recipe()
        return Gate(
            threshold=None,
            target_accuracy=recipe.target_accuracy,
            confidence=recipe.gate_confidence,
            rows=0,
            coverage=0.0,
            accuracy=None,
            lower_bound=None,
        )
