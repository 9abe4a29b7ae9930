"""Every engine gives the same numbers, and what leaves a database is small however large the data."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import polars as pl
import pytest

import diplab as dl
from diplab.errors import DesignError, OptionError
from diplab.sampling._two_phase import TwoPhaseUnits
from diplab.sampling.engines import query
from diplab.sampling.sample import Sample, SampleInMemory

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

NUMBERS = ["estimate", "std_error", "ci_low", "ci_high", "cv", "deff", "df", "n"]
STATISTICS = [
    dl.mean("y"), dl.total("x"), dl.count(), dl.ratio("y", "x"), dl.share("k"), dl.share("g == 'a' or y > 9000"),
    dl.share("yes", interval="beta"), dl.quantile("y", 0.25), dl.median("y", rule="school"), dl.arpt("y"), dl.arpr("y"),
    dl.arpr("y", threshold_on="domain", convention="convey"),
]  # fmt: skip


@pytest.fixture(scope="module")
def answers() -> pd.DataFrame:
    rng = np.random.default_rng(20_230)
    n = 3_000
    frame = pd.DataFrame({
        "h": rng.integers(0, 4, n), "psu": rng.integers(0, 8, n), "w": rng.uniform(1, 5, n),
        "y": rng.lognormal(9, 1, n).round(0), "x": rng.uniform(0, 1, n), "g": rng.choice(["a", "b", "c"], n),
        "k": rng.integers(1, 5, n),
    })  # fmt: skip
    frame["yes"] = frame["x"] > 0.3
    frame.loc[rng.random(n) < 0.05, "y"] = np.nan
    frame.loc[rng.random(n) < 0.05, "g"] = None
    return frame


@pytest.fixture(scope="module")
def natives(answers: pd.DataFrame) -> Iterator[dict[str, Any]]:
    import duckdb

    frame = pl.from_pandas(answers)
    with duckdb.connect() as connection:
        connection.register("handed_over", frame.to_arrow())
        connection.execute("create table answers as select * from handed_over")
        yield {"polars": frame, "lazy": frame.lazy(), "duckdb": connection.table("answers")}


def narrowed(sample: Sample, how: str) -> tuple[Sample, Any]:
    if how == "plain":
        return sample, ()
    if how == "where":
        return sample.where("x > 0.2 and not (k == 3)"), "g"
    return sample.universe("y > 1000").where("k in (1, 2)"), ["g", "yes"]


@pytest.mark.parametrize(("name", "units", "how"), [
    ("polars", "psu", "universe and two variables"), ("polars", None, "where"),
    *((name, "psu", how) for name in ("lazy", "duckdb") for how in ("plain", "universe and two variables")),
    *((name, None, how) for name in ("lazy", "duckdb") for how in ("where", "universe and two variables")),
])  # fmt: skip
def test_engines_agree(
    answers: pd.DataFrame, natives: dict[str, Any], name: str, how: str, units: str | None
) -> None:
    """To 1e-10, against pandas: points, errors, intervals, design effects, and the whole covariance."""
    both = []
    for native in (answers, natives[name]):
        sample, by = narrowed(dl.declare_design(native, weights="w", strata="h", psu=units), how)
        both.append(dl.estimate(sample, *STATISTICS, by=by))
    expected, found = both
    for column in NUMBERS:
        np.testing.assert_allclose(
            found.frame[column].to_numpy(float),
            expected.frame[column].to_numpy(float),
            1e-10,
            1e-12,
            err_msg=column,
        )
    words = [name for name in expected.frame if name not in NUMBERS]
    assert found.frame[words].astype(str).equals(expected.frame[words].astype(str))
    scale = np.sqrt(np.outer(np.diag(expected.covariance), np.diag(expected.covariance)))
    assert np.allclose(
        found.covariance, expected.covariance, rtol=1e-10, atol=1e-10 * np.nanmax(scale)
    )
    assert found.provenance.missing == expected.provenance.missing


@pytest.mark.parametrize("name", ["lazy", "duckdb"])
@pytest.mark.parametrize(("distinct", "bins"), [(40, 16), (5, 3)])
def test_quantiles_by_histogram_are_exact(
    answers: pd.DataFrame,
    natives: dict[str, Any],
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    distinct: int,
    bins: int,
) -> None:
    """The limits made small: `y` is heavy-tailed, its bins are cut again and again; nothing changes."""
    places: Any = ((0.01, "math"), (0.5, "math"), (0.5, "school"), (0.99, "school"))
    asked = [dl.quantile("y", p, rule=rule) for p, rule in places]
    asked += [dl.quantile("x", 0.3), dl.quantile("y * y * y", 0.6)]
    by = "g" if bins > 3 else ()
    expected = dl.estimate(
        dl.declare_design(answers, weights="w", strata="h", psu="psu"), *asked, by=by
    ).frame
    monkeypatch.setattr(query, "DISTINCT", distinct)
    monkeypatch.setattr(query, "BINS", bins)
    sample = dl.declare_design(natives[name], weights="w", strata="h", psu="psu")
    counted: list[int] = []
    sample.engine.collected = counted.append  # type: ignore[attr-defined]
    found = dl.estimate(sample, *asked, by=by).frame
    for column in ("estimate", "ci_low", "ci_high"):
        assert found[column].tolist() == expected[column].tolist()
    assert max(counted) <= max(distinct, bins) * 3 + 32 * 3


def test_a_table_larger_than_the_memory(tmp_path: Path) -> None:
    """12 million rows on disk, more bytes than the engine may hold: the mean is DuckDB's own."""
    import duckdb

    limit = 64_000_000
    with duckdb.connect(str(tmp_path / "large.duckdb")) as connection:
        connection.execute(f"set memory_limit='{limit // 1_000_000}MB'; set threads=1")
        connection.execute(f"set temp_directory='{tmp_path / 'spill'}'")
        connection.execute("set preserve_insertion_order=false")
        connection.execute(
            "create table answers as select (range % 50)::integer as town, (hash(range) % "
            "1000003)::double "
            "* pi() as income from range(12000000)"
        )
        connection.execute("checkpoint")
        on_disk = (tmp_path / "large.duckdb").stat().st_size
        ((rows, average),) = connection.execute(
            "select count(*), avg(income) from answers"
        ).fetchall()
        assert on_disk > limit
        assert rows * (4 + 8) > limit
        counted: list[int] = []
        sample = dl.declare_design(connection.table("answers"), psu="town")
        sample.engine.collected = counted.append  # type: ignore[attr-defined]
        row = dl.estimate(sample, dl.mean("income")).frame.iloc[0]
        ((held,),) = connection.execute("select current_setting('memory_limit')").fetchall()
    assert row["estimate"] == pytest.approx(average, rel=1e-10)
    assert (row["n"], row["df"]) == (rows, 49)
    assert 0 < max(counted) <= 50
    assert held == "61.0 MiB"


def test_a_collected_sample_is_in_memory(engine: Any) -> None:
    """Its engine holds columns, weights and units; the results of both know each other; no copy of a copy."""
    sample = dl.declare_design(engine.draw("w y\n1 1\n2 2\n3 4"), weights="w")
    collected = sample.where("y > 1").collect()
    assert isinstance(collected, SampleInMemory)
    assert collected.engine.weights.tolist() == [1, 2, 3]
    assert collected.engine.columns.numbers("y").tolist() == [1, 2, 4]
    assert (collected.condition, collected.engine.drawn) == ("y > 1", sample.engine.drawn)
    assert collected.collect() is collected


def test_engines_are_named_in_sampling_alone() -> None:
    """Whoever needs rows collects a sample, whose type holds them."""
    package = Path(dl.__file__).parent
    outside = [
        path for path in package.rglob("*.py") if "sampling" not in path.relative_to(package).parts
    ]
    naming = [
        path.name
        for path in outside
        if re.search("MemoryEngine|QueryEngine", path.read_text("utf-8"))
    ]
    assert naming == []


ROWS, UNITS = 4000, 40
QUERIED = {
    "estimate": lambda sample: dl.estimate(
        sample, dl.mean("hours"), dl.total("pay"), dl.ratio("pay", "w"), dl.share("use"), by="sex"
    ),
    "median": lambda sample: dl.estimate(sample, dl.median("called"), by="sex"),
    "t_test": lambda sample: dl.t_test(sample, "hours", by="sex"),
    "crosstab": lambda sample: dl.crosstab(sample, "sex", "use"),
    "contrast": lambda sample: dl.contrast(
        dl.estimate(sample, dl.mean("hours"), by="sex"), {"sex": ("f", "m")}
    ),
    "alpha": lambda sample: dl.estimate(sample, dl.cronbach_alpha("hours", "pay")),
    "variance": lambda sample: dl.estimate(
        sample, dl.variance("pay"), dl.correlation("pay", "hours")
    ),
}
HELD = {
    "rank_test": (lambda sample: dl.rank_test(sample, "hours", "sex"), 4),
    "regress": (lambda sample: dl.regress(sample, "hours ~ sex"), 4),
    "missing": (lambda sample: sample.missing("hours"), 3),
    "calibrate": (lambda sample: dl.calibrate(sample, {"sex": {"f": 3000, "m": 3000}}), 9),
    "two_phase": (lambda sample: dl.two_phase(sample, "called == 1"), 9),
    "make_replicates": (lambda sample: dl.make_replicates(sample, "jk1"), 2),
}


@pytest.fixture(scope="module")
def people() -> pd.DataFrame:
    random = np.random.default_rng(1)
    return pd.DataFrame({
        "w": random.uniform(1, 2, ROWS), "town": np.arange(ROWS) % UNITS, "hours": random.normal(size=ROWS),
        "pay": random.normal(size=ROWS), "sex": random.choice(["f", "m"], ROWS),
        "use": random.choice(["daily", "weekly", "never"], ROWS), "called": random.integers(0, 2, ROWS),
        "w1": random.uniform(1, 2, ROWS), "w2": random.uniform(1, 2, ROWS),
    })  # fmt: skip


def test_one_row_a_unit_and_domain(people: pd.DataFrame) -> None:
    import duckdb

    for data in (pl.from_pandas(people).lazy(), duckdb.from_df(people)):
        for name, question in QUERIED.items():
            sample = dl.declare_design(data, weights="w", psu="town")
            left: list[int] = []
            sample.engine.collected = left.append  # type: ignore[attr-defined]
            question(sample)
            # six cells at most in each unit
            assert 0 < max(left) <= (2 if name in ("estimate", "median") else 6) * UNITS, name


def test_what_holds_rows_holds_the_columns_it_needs(
    people: pd.DataFrame, monkeypatch: pytest.MonkeyPatch
) -> None:
    taken: list[int] = []
    collect: Callable[..., Sample] = Sample.collect

    def counted(self: Sample, names: tuple[str, ...] | None = None) -> Sample:
        taken.append(len(names or self.names))
        return collect(self, names)

    monkeypatch.setattr(Sample, "collect", counted)
    for name, (question, columns) in HELD.items():
        taken.clear()
        question(dl.declare_design(pl.from_pandas(people).lazy(), weights="w", psu="town"))
        assert max(taken) == columns, name


def test_a_second_phase_of_replicate_weights_in_a_database(
    people: pd.DataFrame, refused: Any
) -> None:
    data = pl.from_pandas(people).lazy()
    sample = dl.declare_design(data, weights="w", replicates=dl.replicates("w*", "bootstrap"))
    refused(lambda: dl.two_phase(sample, "called == 1"), DesignError)
    # Two draws that are one variable: its estimate, with the variance of both phases and nothing
    # missing.
    sample = dl.two_phase(dl.declare_design(people, weights="w", psu="town"), "called == 1")
    both = dl.imputed(sample.where("sex == 'f'"), plausible_values={"score": ["hours", "hours"]})
    assert all(isinstance(each.engine.units, TwoPhaseUnits) for each in both.samples)
    found: Any = dl.estimate(both, dl.mean("score")).frame.iloc[0]
    wanted = dl.estimate(sample.where("sex == 'f'"), dl.mean("hours")).frame.iloc[0]
    for name in ("estimate", "std_error", "n", "df"):
        assert found[name] == pytest.approx(wanted[name], rel=1e-12)


CELLS = 240


@pytest.fixture(scope="module")
def people_of_cells() -> pd.DataFrame:
    random = np.random.default_rng(1)
    rows = 4 * CELLS
    number = np.arange(rows) % CELLS
    return pd.DataFrame({
        "w": random.uniform(1, 2, rows), "town": np.arange(rows) % 16, "pay": random.normal(size=rows).round(2),
        "job": [f"job {each // 12}" for each in number], "month": number % 12, "cell": number,
    })  # fmt: skip


@pytest.mark.parametrize(("kind", "by"), [("lazy", ("cell",)), ("duckdb", ("job", "month"))])
def test_engines_agree_on_many_domains(
    people_of_cells: pd.DataFrame, kind: str, by: tuple[str, ...]
) -> None:
    """A value of its own for each domain is written as cases that halve: a chain of 240 would be too deep to run."""
    import duckdb

    data: Any = (
        pl.from_pandas(people_of_cells).lazy()
        if kind == "lazy"
        else duckdb.from_df(people_of_cells)
    )
    asked = (dl.median("pay"), dl.variance("pay"))
    found = dl.estimate(dl.declare_design(data, weights="w", psu="town"), *asked, by=by)
    wanted = dl.estimate(dl.declare_design(people_of_cells, weights="w", psu="town"), *asked, by=by)
    assert len(found) == 2 * CELLS
    for name in ("estimate", "std_error", "ci_low", "ci_high"):
        assert np.allclose(
            found.frame[name], wanted.frame[name], rtol=1e-9, atol=1e-12, equal_nan=True
        )


def test_too_many_pairs(people_of_cells: pd.DataFrame, refused: Any) -> None:
    found = dl.estimate(
        dl.declare_design(people_of_cells, weights="w", psu="town"), dl.mean("pay"), by="cell"
    )
    refused(lambda: dl.contrast(found, pairwise="holm"), OptionError)
    # 20 x 12 cells at once, or one row of the table alone: the same shares, standard errors and
    # base.
    sample = dl.declare_design(people_of_cells, weights="w", psu="town")
    whole = dl.crosstab(sample, "job", "month", shares="row", df="design").frame
    alone = dl.estimate(sample.where("job == 'job 3'"), dl.share("month"), df="design").frame
    own = whole[whole["job"] == "job 3"]
    for name in ("estimate", "std_error", "ci_low", "ci_high"):
        assert own[name].tolist() == pytest.approx(alone[name].tolist(), rel=1e-9)
    assert own["base_n"].tolist() == alone["n"].tolist()
