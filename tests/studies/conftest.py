"""What the tests of studies share; a module names its `STUDY`, or brings its own `rerun`."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from diplab.replication.archive import locate
from diplab.replication.registry import study
from diplab.replication.rerun import Run, reproduce, run
from diplab.replication.study import Inputs
from tests.conftest import module_at

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import ModuleType
    from typing import Any

    import pandas as pd


@pytest.fixture(scope="session")
def layout() -> ModuleType:
    """The checker of figures; test modules are imported on their own, so it is found by its place."""
    path = Path(__file__).parents[1] / "presentation" / "layout.py"
    return module_at(path)


@pytest.fixture(scope="module")
def rerun(request: pytest.FixtureRequest) -> Iterator[Run]:
    """The module's study, run once; one that needs open data takes them from the shared folder."""
    named = study(request.module.STUDY)
    with pytest.MonkeyPatch.context() as patch:
        if named.data:
            patch.setenv("DIPLAB_DATA", str(request.getfixturevalue("shared") / "data" / "open"))
        with run(named) as found:
            yield found


@pytest.fixture
def compared(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, shared: Path
) -> Callable[[Callable[[str, str, Any], Any]], pd.DataFrame]:
    """The comparison, by key, of the module's study on open data with inputs of any kind changed on their way in."""
    monkeypatch.setenv("DIPLAB_DATA", str(shared / "data" / "open"))

    def with_inputs(disturb: Callable[[str, str, Any], Any]) -> pd.DataFrame:
        with run(study(request.module.STUDY), disturb=disturb) as found:
            return found.comparisons["en"].frame.set_index("key")

    return with_inputs


@pytest.fixture
def disturbed(
    compared: Callable[[Callable[[str, str, Any], Any]], pd.DataFrame],
) -> Callable[..., pd.DataFrame]:
    """The comparison, by key, with the frame changed of every file whose name ends so."""

    def with_frame(
        change: Callable[[pd.DataFrame], pd.DataFrame], ending: str = ""
    ) -> pd.DataFrame:
        def changed(kind: str, name: str, value: Any) -> Any:
            if kind != "file" or not name.endswith(ending):
                return value
            return replace(value, frame=change(value.frame.copy()))

        return compared(changed)

    return with_frame


@pytest.fixture
def differing(request: pytest.FixtureRequest) -> Callable[..., dict[str, str]]:
    """The verdicts of the module's study, by key, that are not the expected ones where assumptions are changed."""

    def with_assumptions(**assumptions: float) -> dict[str, str]:
        frame = reproduce(request.module.STUDY, assumptions=assumptions).frame
        frame = frame[frame["verdict"] != frame["expected"]]
        return dict(zip(frame["key"], frame["verdict"], strict=True))

    return with_assumptions


@pytest.fixture(scope="module")
def inputs(rerun: Run, tmp_path_factory: pytest.TempPathFactory) -> Inputs:
    """What the functions of the module's study take."""
    files = {name: locate(file) for name, file in rerun.study.files.items()}
    return Inputs(rerun.study, files, None, tmp_path_factory.mktemp("scratch"))


@pytest.fixture(scope="module")
def rows(rerun: Run) -> pd.DataFrame:
    """The comparison of the module's study, by key."""
    return rerun.comparisons["en"].frame.set_index("key")
