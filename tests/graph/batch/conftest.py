import sys
from pathlib import Path

import pytest

# `batch_world` is shared with a script that is run by itself, so it is imported by its bare name.
sys.path.insert(0, str(Path(__file__).parent))


@pytest.fixture
def out(tmp_path: Path) -> Path:
    return tmp_path / "out"
