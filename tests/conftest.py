"""What every test may ask for: drawn tables, engines, and the shared folder of data and recorded values."""

from __future__ import annotations

import gc
import importlib.util
import itertools
import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass, field
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest
from hypothesis import HealthCheck, settings

from diplab.errors import DiplabError

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator
    from types import ModuleType

ROOT = Path(__file__).resolve().parents[1]
SHARED = (ROOT / os.environ.get("DIPLAB_SHARED", "../shared")).resolve()
ERROR_TEXTS = Path(__file__).with_name("error_texts.json")
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "chrome")
NEEDED = {
    "reference": "no shared data",
    "browser": "no browser",
    "R": "no Rscript",
    "TeX": "no pdflatex with booktabs",
}
LEFT_OUT = pytest.StashKey[dict[str, int]]()


def module_at(path: Path) -> ModuleType:
    """Return a module that is in no package (a benchmark, a neighbour of a test), by its place."""
    spec = importlib.util.spec_from_file_location(f"at_{path.parent.name}_{path.stem}", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--require-shared",
        action="store_true",
        help="the absence of the shared data (DIPLAB_SHARED) is a failure",
    )
    parser.addoption(
        "--record-errors",
        action="store_true",
        help="write the texts of errors that the tests raise to tests/error_texts.json (with -n0)",
    )


def pytest_configure(config: pytest.Config) -> None:
    config.stash[LEFT_OUT] = {}
    # how long an example takes on a machine that others use says nothing of what is tested
    settings.register_profile("diplab", deadline=None, suppress_health_check=[HealthCheck.too_slow])
    settings.load_profile("diplab")
    if config.getoption("--require-shared") and not SHARED.is_dir():
        message = (
            "The shared data were required. No folder stands where DIPLAB_SHARED points. "
            "Set DIPLAB_SHARED, or leave out --require-shared."
        )
        raise pytest.UsageError(message)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    items[:] = [item for item in items if not _is_found_twice(item)]
    gone = {} if SHARED.is_dir() else {"reference": [item for item in items if _needs_shared(item)]}
    if not any(map(shutil.which, BROWSERS)):
        gone["browser"] = [item for item in items if item.get_closest_marker("browser") is not None]
    for kind, is_there in {"R": shutil.which("Rscript") is not None, "TeX": _has_tex()}.items():
        if not is_there:
            gone[kind] = [
                item for item in items if item.get_closest_marker(kind.lower()) is not None
            ]
    config.stash[LEFT_OUT] = {kind: len(left_out) for kind, left_out in gone.items()}
    if config.getoption("--record-errors"):
        gone["not of errors"] = [
            item for item in items if "error_text" not in getattr(item, "fixturenames", ())
        ]
    for left_out in gone.values():
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if item not in left_out]


def _is_found_twice(item: pytest.Item) -> bool:
    """Return whether this is the example of a function in a module that only offers it: it is run where it is."""
    if not isinstance(item, pytest.DoctestItem):
        return False
    module, _, _ = item.name.rpartition(".")
    return item.name not in sys.modules and hasattr(sys.modules.get(module), "_HOMES")


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, Any, Any]:
    # what is loaded stays to the end: looking through it for what may be freed, again and again,
    # takes time
    gc.disable()
    try:
        return (yield)
    finally:
        gc.collect()
        gc.freeze()
        # what tests make is mostly freed without it, and the default looks through it after every
        # 700 objects
        gc.set_threshold(20_000, 20, 20)
        gc.enable()


def _has_tex() -> bool:
    """Return whether pages can be set: TeX alone, as R brings it, has no package for tables."""
    if shutil.which("pdflatex") is None or shutil.which("kpsewhich") is None:
        return False
    packages = ["booktabs.sty", "longtable.sty", "pdflscape.sty"]
    found = subprocess.run(["kpsewhich", *packages], capture_output=True, text=True, check=False)
    return len(found.stdout.splitlines()) == len(packages)


def _needs_shared(item: pytest.Item) -> bool:
    return item.get_closest_marker("shared") is not None or "shared" in getattr(
        item, "fixturenames", ()
    )


def pytest_sessionfinish(session: pytest.Session) -> None:
    if hasattr(session.config, "workeroutput"):
        session.config.workeroutput["left_out"] = session.config.stash[LEFT_OUT]


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    # every worker of pytest-xdist collects everything: one count is the count
    node.config.stash[LEFT_OUT] = getattr(node, "workeroutput", {}).get("left_out", {})


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    for kind, count in config.stash[LEFT_OUT].items():
        if count:
            terminalreporter.write_line(f"{count} {kind} tests left out: {NEEDED[kind]}")


@pytest.fixture(scope="session")
def recorded_errors(request: pytest.FixtureRequest) -> Iterator[dict[str, str]]:
    """Every error text that the tests hold, by test; written back where `--record-errors` is given."""
    texts = json.loads(ERROR_TEXTS.read_text(encoding="utf-8"))
    yield texts
    if request.config.getoption("--record-errors"):
        written = json.dumps(dict(sorted(texts.items())), ensure_ascii=False, indent=0)
        ERROR_TEXTS.write_text(written + "\n", encoding="utf-8")


@pytest.fixture
def error_text(
    request: pytest.FixtureRequest, recorded_errors: dict[str, str]
) -> Callable[..., None]:
    """Return a check that an error says what `error_texts.json` records of this test.

    A test with several errors names each: `error_text(caught, "few")`. The texts change by running
    the test with `--record-errors -n0`, and are then read in the difference that git shows.
    """

    def check(caught: pytest.ExceptionInfo[BaseException] | BaseException, name: str = "") -> None:
        raised = caught.value if isinstance(caught, pytest.ExceptionInfo) else caught
        key = request.node.nodeid.removeprefix("tests/") + (f" {name}" if name else "")
        if request.config.getoption("--record-errors"):
            recorded_errors[key] = str(raised)
        assert str(raised) == recorded_errors.get(key), f"not the text recorded for {key}"

    return check


@pytest.fixture
def refused(error_text: Callable[..., None]) -> Callable[..., None]:
    """Return a check that a call is refused, in the words that `error_texts.json` records.

    `refused(lambda: dl.mean(3), dl.OptionError)`. A test may refuse several calls: they are
    numbered in their order.
    """
    count = itertools.count(1)

    def check(call: Callable[[], Any], error: type[BaseException] | None = None) -> None:
        with pytest.raises(error or DiplabError) as caught:
            call()
        number = next(count)
        error_text(caught, "" if number == 1 else str(number))

    return check


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of shared data and recorded values."""
    return SHARED


def drawn_table(text: str) -> pd.DataFrame:
    """Read a table drawn in a test: names, then one line per row; `.` is missing."""
    return pd.read_csv(StringIO(text), sep=r"\s+", na_values=["."], keep_default_na=False)


@pytest.fixture(scope="session")
def table() -> Callable[[str], pd.DataFrame]:
    return drawn_table


@dataclass
class EngineUnderTest:
    """Carries a pandas frame to where an engine keeps its data."""

    name: str
    database: Any = None
    alive: list[Any] = field(default_factory=list)

    def __call__(self, frame: pd.DataFrame) -> Any:
        if self.name == "pandas":
            return frame
        import polars as pl

        if self.name == "polars":
            return pl.from_pandas(frame).lazy()
        return self.relation(pl.from_pandas(frame))

    def relation(self, frame: Any) -> Any:
        """Return a DuckDB relation of a table that holds a frame, in a session that sees no other table."""
        session = self.database.cursor()
        self.alive.append(session)
        session.register("handed_over", frame.to_arrow() if hasattr(frame, "to_arrow") else frame)
        session.execute("create temp table answers as select * from handed_over")
        return session.table("answers")

    def draw(self, text: str) -> Any:
        """Return a drawn table as the engine keeps it."""
        return self(drawn_table(text))


@pytest.fixture(scope="session")
def database() -> Iterator[Any]:
    """A DuckDB of all tests: to open one takes ten times as long as most of what is asked of it."""
    import duckdb

    with duckdb.connect() as opened:
        opened.execute("set threads = 1")
        yield opened


# numbers by hand are asked of memory: `tests/laws/test_engine_parity.py` holds that queries give
# the same; edges are asked of one engine of queries too
BY_HAND = pytest.mark.parametrize("engine", ["pandas"], indirect=True)
EDGES = pytest.mark.parametrize("engine", ["pandas", "polars"], indirect=True)


@pytest.fixture(params=["pandas", "polars", "duckdb"])
def engine(request: pytest.FixtureRequest) -> Iterator[EngineUnderTest]:
    made = EngineUnderTest(request.param)
    if made.name == "duckdb":
        made.database = request.getfixturevalue("database")
    yield made
    for session in made.alive:
        session.close()
