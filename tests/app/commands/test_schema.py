from graph.verdict import verdict_schema
from tests.conftest import Cli


def test_it_prints_the_schema_with_and_without_json(cli: Cli) -> None:
    assert cli("schema").document == cli("schema", "--json").document == verdict_schema()
