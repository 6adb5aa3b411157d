import pytest

from catalog.errors import SettingsError
from graph.context import Context
from graph.studio import WORKSPACE_VARIABLE, graph


def test_the_environment_names_the_workspace(workspace_dir, monkeypatch):
    monkeypatch.setenv(WORKSPACE_VARIABLE, str(workspace_dir))
    monkeypatch.setenv("DUAL_EXPERT_LLM", "none")
    found = graph().invoke({"products": [{"product_id": "1", "title": "Dog bed"}]}, context=Context())
    assert found["verdicts"][0].product_id == "1"


def test_without_it_the_fix_is_said(monkeypatch):
    monkeypatch.delenv(WORKSPACE_VARIABLE, raising=False)
    with pytest.raises(SettingsError, match=WORKSPACE_VARIABLE):
        graph()
