"""Verdicts can fail: of each study three inputs are disturbed in turn, and each time some number notices.

The whole, every column, parameter and assumption of every study, is `benchmarks/inputs.py`.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest

from diplab.replication.registry import find_studies, study
from tests.conftest import SHARED, module_at

if TYPE_CHECKING:
    from types import ModuleType

INPUTS = {
    "chile-casen-2020": [f"chile/casen-2020:{name}" for name in ("pobreza", "estrato", "region")],
    "chile-crime-2023": [
        f"chile/enusc-2023:{name}" for name in ("VH_DV", "Fact_Hog_Reg", "Conglomerado")
    ],
    "chile-labour-2020": [
        f"chile/ene-2020:{name}" for name in ("cae_especifico", "conglomerado", "fact_cal")
    ],
    "chile-spending-2017": [f"chile/epf-viii:{name}" for name in ("folio", "varunit", "gastot_hd")],
    "crowdworkers-llm-2023": [
        f"llm-crowdwork-2023/{name}" for name in ("study-1:y_cc", "study-1:copied", "test-set:y_cc")
    ],
    "europe-2021": ["answers_per_country"],
    "france-2018-survey": ["aged_25_to_64", "median_income", "inactive_with_a_job"],
    "france-2019-headcount": ["accounts_per_person", "deliveroo_riders_france", "population_15_64"],
    "france-living-on-microwork": ["poverty_threshold_60", "fewest_cents", "share_over_10_euros"],
    "masculinity-2018": [
        f"masculinity-2018/responses:{name}" for name in ("q0001", "q0019_0001", "weight")
    ],
    "mturk-2015-2018-headcount": [
        "participation:times",
        "participation:workers",
        "occasions_2015_2023",
    ],
    "online-labour-2021": ["accounts_per_person", "share_of_traffic"],
    "poland-gig-2021": [
        f"poland-gig-2021/{name}"
        for name in ("region:group", "region:number_of_users", "bael:rmse")
    ],
    "press-2023-claims": ["platforms_french", "inactive_with_a_job", "minimum_wage_hourly_gross"],
    "recs-2015": [f"recs-2015/homes:{name}" for name in ("Region", "TOTALDOL", "BRRWT96")],
    "us-crowdworkers-2022": [
        f"berke-2024/{name}"
        for name in ("prescreen:Sex", "survey-pub:Q-demos-gender", "census-race:population")
    ],
    "us-voters-1996": [f"statsmodels/anes96:{name}" for name in ("popul", "PID", "vote")],
}


@pytest.fixture(scope="module")
def inputs() -> ModuleType:
    """The benchmark; it is not a module of a package, so it is found by its place."""
    path = Path(__file__).parents[2] / "benchmarks" / "inputs.py"
    return module_at(path)


@pytest.mark.parametrize(
    "name",
    [pytest.param(name, marks=[pytest.mark.shared] * bool(study(name).data)) for name in INPUTS],
)
def test_inputs_are_noticed(inputs: ModuleType, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    if study(name).data:
        monkeypatch.setenv("DIPLAB_DATA", str(SHARED / "data" / "open"))
    outcomes = inputs.examine(name, INPUTS[name]).outcomes
    assert {str(each): found for each, found in outcomes.items()} == dict.fromkeys(
        INPUTS[name], "noticed"
    )


def test_every_study_has_its_inputs() -> None:
    assert set(INPUTS) == set(find_studies())


def test_what_is_justified_is_an_input_and_has_a_reason(inputs: ModuleType) -> None:
    for name, reasons in inputs.justified().items():
        declared = (*study(name).assumptions, *study(name).data, *study(name).files)
        for each, reason in reasons.items():
            assert each.partition(":")[0] in declared
            assert reason.endswith(".")


def test_what_a_disturbance_does(inputs: ModuleType) -> None:
    """Amounts 1 to 30; three codes, of which the fifth answer, then every one, moves to the next."""
    amounts, codes = (
        pd.Series(np.arange(1.0, 31.0)),
        pd.Series(["a", "b", None, "c", "a", "c", "b", "a"]),
    )
    assert inputs._multiplied(amounts, 1).tolist() == [1.5 * each for each in range(1, 31)]
    assert inputs._multiplied(amounts, 5).head(6).tolist() == [1.5, 2, 3, 4, 5, 9]
    assert inputs._shifted(codes, 5).fillna("").tolist() == ["a", "b", "", "c", "a", "a", "b", "a"]
    assert inputs._shifted(codes, 1).fillna("").tolist() == ["b", "c", "", "a", "b", "a", "c", "b"]
    assert inputs._emptied(codes, 5).fillna("").tolist() == ["", "b", "", "c", "a", "", "b", "a"]
    assert inputs._filled(codes, 1).fillna("").tolist() == ["a", "b", "a", "c", "a", "c", "b", "a"]
