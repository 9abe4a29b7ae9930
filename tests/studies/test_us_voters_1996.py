"""American voters in 1996: rows that come with statsmodels, held against R, closed forms and the file itself."""

from __future__ import annotations

import csv
import math
from collections import Counter
from importlib.util import find_spec
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from scipy.stats import norm

from diplab.replication.registry import study
from diplab.replication.rerun import run
from tests.recorded_values import recorded_file

if TYPE_CHECKING:
    from collections.abc import Callable

    import pandas as pd

    from diplab.replication.rerun import Run

STUDY = "us-voters-1996"
FILE = Path(
    *find_spec("statsmodels").submodule_search_locations, "datasets", "anes96", "anes96.csv"
)

# Counted by hand from the pages: 64 counts, 24 summaries, 20 of education, 44 of multinomial
# coefficients, 33 chances, 51 of ordinal models, 36 of the seven degrees, 37 of fits; five numbers
# and one slip; six of our own.
VERDICTS = {"as published": 216, "within tolerance": 98, "rounded in the source": 1, "our own": 6}
CELLS = {
    "answers": 64, "numbers": 24, "education": 20, "multinomial": 44, "chances": 33, "ordinal": 51, "seven_parties": 36,
    "fits": 37,
}  # fmt: skip


@pytest.fixture(scope="module")
def answered() -> list[dict[str, int]]:
    """The rows, read with the standard library alone, so that diplab is not its own witness."""
    with FILE.open(encoding="utf-8", newline="") as file:
        return [
            {name: int(code) for name, code in row.items()}
            for row in csv.DictReader(file, delimiter="\t", quotechar="'")
        ]


def test_verdicts_and_models_with_closed_forms(rows: pd.DataFrame) -> None:
    assert dict(Counter(rows["verdict"])) == VERDICTS
    assert dict(Counter(rows["table"]))[""] == 12
    assert {name: count for name, count in Counter(rows["table"]).items() if name} == CELLS
    assert set(rows["rests_on"]) == {"respondents' rows"}
    # with constants alone, each party has the chance of its share
    log_likelihood = sum(n * math.log(n / 944) for n in (380, 239, 325))
    assert rows.loc["fits/multinomial | 1/half_deviance", "reproduced"] == pytest.approx(
        -log_likelihood, rel=1e-12
    )
    assert rows.loc["fits/ordinal logit | 1/aic", "reproduced"] == pytest.approx(
        4 - 2 * log_likelihood, rel=1e-12
    )


def test_it_runs_without_network_and_without_a_folder_of_data(tmp_path, monkeypatch) -> None:
    monkeypatch.setenv("DIPLAB_OFFLINE", "1")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.delenv("DIPLAB_DATA", raising=False)
    with run(study(STUDY)) as found:
        assert found.comparisons["en"].ran
        assert found.comparisons["en"].as_expected


def test_counts_are_those_of_the_file(rows: pd.DataFrame, answered: list[dict[str, int]]) -> None:
    assert len(answered) == rows.loc["respondents", "reproduced"] == 944
    held = rows[rows["table"] == "answers"]
    for variable in ("selfLR", "ClinLR", "DoleLR", "PID", "educ", "income", "vote"):
        counted = [n for _, n in sorted(Counter(row[variable] for row in answered).items())]
        assert held[held["row"].str.startswith(f"{variable} |")]["reproduced"].tolist() == counted
    clinton = sum(row["vote"] == 0 for row in answered)
    assert rows.loc["dole", "reproduced"] == pytest.approx(100 * (1 - clinton / 944), rel=1e-12)


def test_party_by_education_is_the_crosstab_of_the_file(
    rows: pd.DataFrame, answered: list[dict[str, int]]
) -> None:
    parties = {"Democrat": (0, 1), "Independent": (2, 3, 4), "Republican": (5, 6)}
    for level, code in {"MS": 1, "HSdrop": 2, "HS": 3}.items():
        of_level = [row for row in answered if row["educ"] == code]
        for party, codes in parties.items():
            n = sum(row["PID"] in codes for row in of_level)
            assert rows.loc[f"education/{level} | {party}/n", "reproduced"] == pytest.approx(
                n, rel=1e-12
            )
            share = rows.loc[f"education/{level} | {party}/prop", "reproduced"]
            assert share == pytest.approx(n / len(of_level), rel=1e-12)


def test_multinomial_models_and_chances_are_those_of_r_told_to_go_on(rows: pd.DataFrame) -> None:
    """R 4.5.0, nnet 7.3-20, `multinom(..., reltol = 1e-15)`: tests/reference/us_voters_1996.R."""
    for party, recorded in recorded_file("us_voters_1996")["multinomial"].items():
        own = rows[
            (rows["table"] == "multinomial")
            & rows["row"].str.startswith("age + educ + nincome | " + party)
        ]
        found = own["reproduced"].to_numpy().reshape(-1, 2)
        # the search of nnet ends within a millionth of a standard error of the maximum
        assert (np.abs(found - recorded) / np.array(recorded)[:, 1:]).max() < 1e-6
    for income, recorded in {
        8: (0.556626328472, 0.195517705158, 0.247855966369),
        107: (0.189170302737, 0.326684881343, 0.484144815920),
    }.items():
        keys = [
            f"chances/multinomial | {income}/{party}"
            for party in ("Democrat", "Independent", "Republican")
        ]
        assert rows.loc[keys, "reproduced"].to_numpy() == pytest.approx(recorded, abs=1e-9)


def chances_of(link: str) -> Callable[[np.ndarray[Any, Any]], np.ndarray[Any, Any]]:
    return {
        "logit": lambda at: 1 / (1 + np.exp(-at)),
        "probit": norm.cdf,
        "cloglog": lambda at: 1 - np.exp(-np.exp(at)),
    }[link]


def ordinal_likelihood(link: str, printed: list[float], answered: list[dict[str, int]]) -> float:
    """The log-likelihood of party on income, written out from its definition."""
    limits = [
        3,
        5,
        7,
        9,
        10,
        11,
        12,
        13,
        14,
        15,
        17,
        20,
        22,
        25,
        30,
        35,
        40,
        45,
        50,
        60,
        75,
        90,
        105,
    ]
    middles = [1.5, *((low + high) / 2 for low, high in pairwise(limits)), 115]
    income = np.array([middles[row["income"] - 1] for row in answered])
    party = np.array([(0, 0, 1, 1, 1, 2, 2)[row["PID"]] for row in answered])
    slope, *cuts = printed
    below = [chances_of(link)(cut - slope * income) for cut in cuts]
    chances = np.column_stack([below[0], below[1] - below[0], 1 - below[1]])
    return float(np.log(chances[np.arange(944), party]).sum())


def test_ordinal_models_are_those_of_r_and_no_printed_parameters_are_likelier(
    rows: pd.DataFrame, answered: list[dict[str, int]]
) -> None:
    """R 4.5.0, MASS 7.3-65, `polr(..., control = list(reltol = 1e-15))`: its errors rest on finite differences."""
    for link, recorded in recorded_file("us_voters_1996")["ordinal"].items():
        own = rows[rows["row"].str.startswith(f"{link} | nincome |")]
        values = own[own["column"] == "value"]
        assert values["reproduced"].to_numpy() == pytest.approx(
            [value for value, _ in recorded], rel=1e-5
        )
        if link != "cloglog":
            errors = own[own["column"] == "std_error"]["reproduced"]
            assert errors.to_numpy() == pytest.approx([error for _, error in recorded], rel=1e-3)
        ours = ordinal_likelihood(link, values["reproduced"].tolist(), answered)
        assert ours >= ordinal_likelihood(link, values["published"].tolist(), answered)
        aic = rows.loc[f"fits/ordinal {link} | nincome/aic", "reproduced"]
        assert aic == pytest.approx(6 - 2 * ours, rel=1e-12)


def test_the_p_value_is_of_the_whole_difference(rows: pd.DataFrame) -> None:
    row = rows.loc["education_p"]
    assert row["verdict"] == "rounded in the source"
    # the chance that a chi-square of 12 passes x: exp(-x/2) times the first six terms of the
    # exponential series
    for difference, found in (
        (16.206, row["printed_way"]),
        (16.206423930996152, row["reproduced"]),
    ):
        half = difference / 2
        series = sum(half**k / math.factorial(k) for k in range(6))
        assert found == pytest.approx(math.exp(-half) * series, rel=1e-12)
    assert row["reproduced"] == pytest.approx(0.1819634, abs=5e-8)


def test_intervals_are_ours(rows: pd.DataFrame) -> None:
    # one Republican of 13: logit interval, with Student's t of 943 degrees of freedom
    lowest = rows.loc["republican_lowest"]
    share = 1 / 13
    error = math.sqrt(share * (1 - share) / 13 * 944 / 943) / (share * (1 - share))
    for name, sign in (("low", -1), ("high", 1)):
        end = math.log(share / (1 - share)) + sign * 1.962478 * error
        assert lowest[name] == pytest.approx(100 / (1 + math.exp(-end)), rel=1e-5)
    assert rows.loc["odds_ratio", "low"] < 1.2 < rows.loc["odds_ratio", "high"]


def test_codes_shifted_for_a_fifth_of_the_rows_are_seen() -> None:
    def shifted(kind: str, name: str, value: Any) -> Any:
        if (kind, name) != ("file", "statsmodels/anes96"):
            return value
        party = value.frame["PID"].to_numpy().copy()
        party[::5] = (party[::5] + 2) % 7
        return value.with_columns(PID=party)

    with run(study(STUDY), disturb=shifted) as found:
        frame = found.comparisons["en"].frame.set_index("key")
    assert frame.loc["respondents", "verdict"] == "as published"
    # what does not read the party stays: 54 counts (all but 7 of the scale and 3 of the parties),
    # 24 summaries
    assert Counter(frame[frame["table"].isin(["answers", "numbers"])]["verdict"]) == {
        "as published": 78,
        "differs": 10,
    }
    for table in ("multinomial", "chances", "ordinal", "seven_parties"):
        assert set(frame[frame["table"] == table]["verdict"]) == {"differs"}, table


def test_a_file_that_is_another_is_refused(tmp_path, monkeypatch) -> None:
    package = tmp_path / "statsmodels"
    (package / "datasets" / "anes96").mkdir(parents=True)
    (package / "__init__.py").write_text("", encoding="utf-8")
    text = FILE.read_text(encoding="utf-8")
    (package / "datasets" / "anes96" / "anes96.csv").write_text(
        text.replace("\t36\t", "\t37\t", 1), encoding="utf-8"
    )
    monkeypatch.setattr("importlib.util.find_spec", lambda _: _Spec([str(package)]))
    with pytest.raises(Exception, match="Its sha256 is"), run(study(STUDY)):
        pass


class _Spec:
    def __init__(self, locations: list[str]) -> None:
        self.submodule_search_locations = locations


def test_the_table_has_the_intervals_that_the_page_does_not_print(rerun: Run) -> None:
    sheet = rerun.tables["party-by-education"]("fr").sheet
    words = str((sheet.header, sheet.rows))
    assert "8 années d’école ou moins" in words
    assert "[1,1\\xa0%\\u202f;\\xa039,1\\xa0%]" in words


def test_a_party_has_one_colour_in_both_figures(rerun: Run) -> None:
    def colours(name: str) -> dict[str, str]:
        return {
            entry.label: entry.colour for entry in rerun.chart(name, "en").key("en") if entry.marker
        }

    lines = rerun.chart("party-by-income", "en")
    of_lines = {
        name.en: look.colour for name, look in zip(lines._colours, lines.style.looks, strict=False)
    }
    assert list(of_lines) == ["Democrats", "Republicans", "Independents"]
    assert colours("party-by-education") == {
        name: of_lines[name] for name in ("Democrats", "Republicans")
    }
