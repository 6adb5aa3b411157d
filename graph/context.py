"""What a run is given beside its products: the experts, fixed when the graph is built, and its settings."""

from dataclasses import dataclass

from agents.domain_expert import DomainExpert
from agents.general_expert import GeneralExpert
from agents.summarizer import Summarizer
from graph.levels import LevelReader
from retrieval.gate import Gate


@dataclass(frozen=True)
class Experts:
    """Attributes:
    summarizer, general_expert: None without a language model; what the gate holds back goes to review.
    levels: None in a workspace that does not calibrate the levels of a path.
    """

    domain_expert: DomainExpert
    gate: Gate
    summarizer: Summarizer | None = None
    general_expert: GeneralExpert | None = None
    levels: LevelReader | None = None


@dataclass(frozen=True)
class Context:
    """Per-run settings, plain values, so that any LangGraph client can send them.

    Attributes:
        top_k: candidates a product.
        threshold: confidence from which the gate accepts; None takes the workspace's gate.
        explain: have the general expert write its reasoning, which costs one more call with likelihood
            ranking.
        wider: so many times `top_k` candidates are asked of the domain expert, once, when none fits; 1 asks
            for no more.
    """

    top_k: int = 10
    threshold: float | None = None
    explain: bool = True
    wider: int = 2
