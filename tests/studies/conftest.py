"""What the tests of studies share; a module names its `STUDY`, or brings its own `rerun`."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from diplab.replication.archive import locate
from diplab.replication.registry import study
from diplab.replication.rerun import Run, run
from diplab.replication.study import Inputs

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import ModuleType

    import pandas as pd


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
def rerun(request: pytest.FixtureRequest) -> Iterator[Run]:
    """The module's study, run once."""
    with run(study(request.module.STUDY)) as found:
        yield found


@pytest.fixture(scope="module")
def inputs(rerun: Run, tmp_path_factory: pytest.TempPathFactory) -> Inputs:
    """What the functions of the module's study take."""
    files = {name: locate(file) for name, file in rerun.study.files.items()}
    return Inputs(rerun.study, files, None, tmp_path_factory.mktemp("scratch"))


@pytest.fixture(scope="module")
def rows(rerun: Run) -> pd.DataFrame:
    """The comparison of the module's study, by key."""
    return rerun.comparisons["en"].frame.set_index("key")
