"""What the tests of studies share; each module brings its own `rerun`."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from types import ModuleType

    import pandas as pd

    from diplab.replication.rerun import Run


@pytest.fixture(scope="session")
def layout() -> ModuleType:
    """The checker of figures; test modules are imported on their own, so it is found by its place."""
    path = Path(__file__).parents[1] / "presentation" / "layout.py"
    spec = importlib.util.spec_from_file_location("layout_of_figures", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def rows(rerun: Run) -> pd.DataFrame:
    """The comparison of the module's study, by key."""
    return rerun.comparisons["en"].frame.set_index("key")
