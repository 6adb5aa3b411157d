"""The graph for LangGraph Studio and any LangGraph client.

`DUAL_EXPERT_WORKSPACE` names the workspace; the other settings are read as everywhere.
"""

import os
from pathlib import Path

from catalog.errors import SettingsError
from catalog.settings import SELECTOR_LLM, load_settings
from graph.build import DualExpertGraph, build_graph
from graph.open import Opening, llm_from_settings, open_experts

WORKSPACE_VARIABLE = "DUAL_EXPERT_WORKSPACE"


def graph() -> DualExpertGraph:
    """Open the workspace that the environment names and compile the graph over it.

    Raises:
        SettingsError: the variable is not set.
    """
    folder = os.environ.get(WORKSPACE_VARIABLE)
    if not folder:
        raise SettingsError(
            f"`{WORKSPACE_VARIABLE}` is not set.", fix="Set it to the folder of a trained workspace."
        )
    settings = load_settings()
    opening = Opening(
        Path(folder),
        llm=llm_from_settings(settings),
        selector=settings.llm == SELECTOR_LLM,
        device=settings.device,
    )
    return build_graph(open_experts(opening))
