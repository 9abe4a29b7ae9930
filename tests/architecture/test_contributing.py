"""The statistic, the result kind, the loader, the engine and the chart kind of CONTRIBUTING.md, executed."""

from __future__ import annotations

import re
import sys
from collections import Counter
from pathlib import Path
from textwrap import dedent
from types import ModuleType
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pyarrow.dataset as ds
import pytest

import diplab as dl
from diplab.errors import DesignError, LoadError, OptionError
from diplab.loaders.formats import formats_of_others
from diplab.presentation.charts.chart import Chart
from diplab.sampling.engines.protocol import backends_of_others

if TYPE_CHECKING:
    from collections.abc import Iterator

PAGE = Path(dl.__file__).resolve().parents[1] / "CONTRIBUTING.md"


STATISTIC, _SIZE, RESULT_KIND, LOADER, ENGINE, CHART_KIND = map(
    dedent,
    re.findall(
        r"^ *```python\n(.*?)^ *```", PAGE.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL
    ),
)

_RANDOM = np.random.default_rng(33)
PEOPLE = pd.DataFrame(
    {
        "w": _RANDOM.uniform(1, 3, 80),
        "unit": np.repeat(range(20), 4),
        "g": _RANDOM.choice(["a", "b"], 80),
        "y": _RANDOM.normal(20, 5, 80),
    }
)


def hoover() -> Any:
    names: dict[str, Any] = {}
    exec(STATISTIC, names)
    return names["hoover"]


def index(w: Any, y: Any) -> float:
    """Half the distance to the mean that all incomes keep, over all income."""
    mean = np.sum(w * y) / np.sum(w)
    return float(np.sum(w * np.abs(y - mean)) / (2 * np.sum(w * y)))


def test_point_and_error(engine: Any) -> None:
    """Incomes 1, 2, 3, 10 with weights 1, 2, 1, 1: mean 3.6, of 18 the excess 6.4; the error by each row's weight."""
    w, y = np.array([1.0, 2, 1, 1]), np.array([1.0, 2, 3, 10])
    sample = dl.declare_design(engine.draw("w y\n1 1\n2 2\n1 3\n1 10"), weights="w")
    row = dl.estimate(sample, hoover()("y")).frame.iloc[0]
    assert row["estimate"] == pytest.approx(6.4 / 18, rel=1e-12)
    step = 1e-5
    z = np.array(
        [(index(w + step * e, y) - index(w - step * e, y)) / (2 * step) for e in np.eye(4)]
    )
    assert row["std_error"] == pytest.approx(np.sqrt(4 / 3 * np.sum((w * z) ** 2)), rel=1e-7)


def test_in_domains_and_under_replicates() -> None:
    people = pd.DataFrame({"y": [1.0, 3, 5, 5, 2, 6], "g": list("aabbcc")})
    sample = dl.declare_design(people)
    found = dl.estimate(sample, hoover()("y"), by="g").frame["estimate"].tolist()
    assert found == pytest.approx([0.25, 0.0, 0.25])
    replicated = dl.make_replicates(sample, "jk1")
    y = people["y"].to_numpy()
    without = np.array([index(np.ones(5), np.delete(y, out)) for out in range(6)])
    spread = np.sqrt(5 / 6 * np.sum((without - without.mean()) ** 2))
    assert dl.estimate(replicated, hoover()("y")).frame["std_error"].item() == pytest.approx(
        spread, rel=1e-10
    )


@pytest.fixture(scope="module")
def ranking() -> Any:
    """The module that the page writes for a kind of result."""
    module = ModuleType("rankings")
    sys.modules["rankings"] = module
    exec(RESULT_KIND, module.__dict__)
    yield module.Ranking
    del sys.modules["rankings"]


PAY = dl.declare_design(
    pd.DataFrame({"region": list("abc") * 20 + ["d"] * 4, "pay": [float(n) for n in range(64)]})
)
NOTES = dl.Notes(coverage=dl.Text.same("All"), source=dl.Text.same("Example"))


def test_a_result_kind_of_another_package_is_printed_and_drawn(ranking: Any) -> None:
    found = ranking(dl.estimate(PAY, dl.mean("pay"), by="region"))
    assert found.frame["rank"].tolist() == [4, 3, 2, 1]
    sheet = dl.table(found, "fr").sheet
    assert sheet.header[0] == "Rang"
    assert [(row[0].text, row[1].text) for row in sheet.rows] == [
        ("4", "a"), ("3", "b"), ("2", "c"), ("1", "d"),
    ]  # fmt: skip
    assert [line.strip().split()[0] for line in repr(found).splitlines()].count("Rank") == 1
    assert len(dl.chart(found).axes) == 1


def test_a_result_kind_of_another_package_is_published(ranking: Any) -> None:
    """4 respondents of d are hidden, another group with them, and the ranks of both."""
    found = ranking(dl.estimate(PAY, dl.mean("pay"), by="region"))
    shown = dl.publish(found, sample=PAY, notes=NOTES)
    assert type(shown) is ranking
    hidden = shown.frame["estimate"].isna()
    assert shown.frame["rank"].isna().tolist() == hidden.tolist()
    assert hidden.iloc[3]
    record = shown.estimates.provenance.disclosure
    assert record["results"][0]["kind"] == "Ranking"
    assert [row["region"] for row in record["results"][0]["hidden"]][-1] == "d"


def test_a_subclass_that_is_not_registered_is_not_published(ranking: Any, refused: Any) -> None:
    class Longer(ranking):  # type: ignore[misc]
        """It may hold more than what is protected."""

    found = dl.estimate(PAY, dl.mean("pay"), by="region")
    refused(lambda: dl.publish(Longer(found), sample=PAY, notes=NOTES), OptionError)


@pytest.fixture
def chart_kinds() -> Iterator[Any]:
    """The module of the chart kind; afterwards no other test meets it."""
    module = ModuleType("waffles")
    sys.modules["waffles"] = module
    exec(CHART_KIND, module.__dict__)
    yield module
    del sys.modules["waffles"], Chart.kinds["waffle"]


@pytest.mark.parametrize("language", ["fr", "en"])
def test_a_chart_kind_of_another_package_draws_results_and_data(
    chart_kinds: Any, language: Any
) -> None:
    """Of 64 respondents 20, 20, 20 and 4: 31, 31, 32 and 6 squares, which are a hundred."""
    figures = [
        dl.chart(dl.estimate(PAY, dl.share("region")), "waffle", language),
        dl.chart(
            [
                chart_kinds.Part(dl.Text.same(name), n / 64)
                for name, n in zip("abcd", (20, 20, 20, 4), strict=True)
            ],
            "waffle",
            language,
            title="Regions",
        ),
    ]
    mark = "%" if language == "en" else "\u202f%"
    for figure in figures:
        squares = Counter(patch.get_facecolor() for patch in figure.axes[0].patches)
        # one more square of each colour stands in the legend
        assert [count - 1 for count in squares.values()] == [31, 31, 32, 6]
        written = [text.get_text() for text in figure.axes[0].texts]
        assert [line.replace("\u00a0%", "\u202f%") for line in written] == [
            f"a, 31{mark}", f"b, 31{mark}", f"c, 31{mark}", f"d, 6{mark}",
        ]  # fmt: skip


def test_an_option_that_a_chart_kind_does_not_declare_is_refused(
    chart_kinds: Any, refused: Any
) -> None:
    shares = dl.estimate(PAY, dl.share("region"))
    refused(lambda: dl.chart(shares, "waffle", vertical=True), OptionError)


WEATHER = """@relation weather
@attribute outlook {sunny,rainy}
@attribute temperature real
@attribute played {0,1}
@data
sunny,29.5,1
rainy,,0
sunny,25,1
"""
CODEBOOK = """[variables.played]
label = { fr = "Joué", en = "Played" }
values = [{ code = 0, label_fr = "Non", label_en = "No" }, { code = 1, label_fr = "Oui", label_en = "Yes" }]
"""


def install(site: Path, module: str, code: str, entry_points: str) -> None:
    """Install a package of one module in a folder."""
    installed = site / f"{module}-1.0.dist-info"
    installed.mkdir(parents=True)
    (site / f"{module}.py").write_text(code, encoding="utf-8")
    (installed / "METADATA").write_text(
        f"Metadata-Version: 2.1\nName: {module}\nVersion: 1.0\n", encoding="utf-8"
    )
    (installed / "entry_points.txt").write_text(entry_points, encoding="utf-8")


@pytest.fixture
def weka(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder with a file of Weka, and an installed package that reads such files."""
    site = tmp_path / "site"
    install(site, "weka_files", LOADER, "[diplab.formats]\narff = weka_files:ARFF\n")
    monkeypatch.syspath_prepend(str(site))
    formats_of_others.cache_clear()
    (tmp_path / "weather.arff").write_text(WEATHER, encoding="utf-8")
    yield tmp_path
    formats_of_others.cache_clear()
    sys.modules.pop("weka_files", None)


def test_a_loader_of_another_package_reads_as_ours_do(weka: Path) -> None:
    (weka / "weather.codebook.toml").write_text(CODEBOOK, encoding="utf-8")
    data = dl.read(weka / "weather.arff")
    assert data.frame["outlook"].tolist() == ["sunny", "rainy", "sunny"]
    assert data.frame["temperature"].tolist()[::2] == [29.5, 25.0]
    assert data.frame["temperature"].isna().tolist() == [False, True, False]
    assert data.codebook["played"].label.fr == "Joué"
    assert data.codebook.origin.reader == "arff"
    chosen = dl.read(weka / "weather.arff", columns=["played"], rows=2)
    assert chosen.frame.to_dict("list") == {"played": [1, 0]}
    (weka / "weather.txt").write_text(WEATHER, encoding="utf-8")
    assert len(dl.read(weka / "weather.txt", file_format="arff").frame) == 3


def test_what_the_loader_of_another_package_does_not_take_is_refused(
    weka: Path, refused: Any
) -> None:
    refused(lambda: dl.read(weka / "weather.arff", sheet="A"), LoadError)
    (weka / "cut.arff").write_text(WEATHER[:50], encoding="utf-8")
    refused(lambda: dl.read(weka / "cut.arff"), LoadError)
    refused(lambda: dl.read(weka / "weather.arff", file_format="arf"), OptionError)
    refused(lambda: dl.read(weka / "weather.sdmx"), LoadError)


@pytest.mark.parametrize("code", ["import no_such_module", "ARFF = 'a loader'"])
def test_a_package_that_cannot_be_used_is_named(weka: Path, code: str, refused: Any) -> None:
    (weka / "site" / "weka_files.py").write_text(code, encoding="utf-8")
    refused(lambda: dl.read(weka / "weather.arff"), LoadError)
    # what diplab reads itself does not ask for it
    (weka / "people.csv").write_text("a,b\n1,2\n", encoding="utf-8")
    assert dl.read(weka / "people.csv").frame.to_dict("list") == {"a": [1], "b": [2]}


@pytest.fixture
def dataset(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """A dataset of two files of Arrow, and an installed package that queries datasets."""
    install(tmp_path, "datasets", ENGINE, "[diplab.engines]\narrow_dataset = datasets:DATASET\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    backends_of_others.cache_clear()
    (tmp_path / "people").mkdir()
    for half, rows in ((1, PEOPLE.iloc[:40]), (2, PEOPLE.iloc[40:])):
        rows.to_parquet(tmp_path / "people" / f"{half}.parquet")
    yield ds.dataset(tmp_path / "people")
    backends_of_others.cache_clear()
    sys.modules.pop("datasets", None)


def test_the_engine_of_another_package_answers_as_memory_does(dataset: Any) -> None:
    asked = dl.mean("y"), dl.median("y"), dl.share("g")
    design: dict[str, Any] = {"weights": "w", "psu": "unit"}
    expected = dl.estimate(dl.declare_design(PEOPLE, **design), *asked, by="g")
    found = dl.estimate(dl.declare_design(dataset, **design), *asked, by="g")
    assert found.frame["estimate"].tolist() == pytest.approx(expected.frame["estimate"].tolist())
    assert found.frame["std_error"].tolist() == pytest.approx(expected.frame["std_error"].tolist())
    # rows are units: they come to memory, and persons are known
    alone = {"weights": "w", "id": "unit"}
    found = dl.estimate(dl.declare_design(dataset, **alone), dl.mean("y")).frame
    expected = dl.estimate(dl.declare_design(PEOPLE, **alone), dl.mean("y")).frame
    assert found["std_error"].item() == pytest.approx(expected["std_error"].item())


@pytest.mark.parametrize("code", ["import no_such_module", "DATASET = 'an engine'"])
def test_a_package_whose_engine_cannot_be_used_is_named(
    dataset: Any, tmp_path: Path, code: str, refused: Any
) -> None:
    (tmp_path / "datasets.py").write_text(code, encoding="utf-8")
    refused(lambda: dl.declare_design(dataset), DesignError)
    # frames do not ask for it
    assert len(dl.declare_design(PEOPLE).names) == 4
