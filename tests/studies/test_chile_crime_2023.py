"""INE's table of victims by region: 48 numbers of eight digits, and what its degrees of freedom do."""

from __future__ import annotations

from collections import Counter

import pytest
from scipy.special import expit, logit
from scipy.stats import t

pytestmark = pytest.mark.shared

STUDY = "chile-crime-2023"

# Clusters less strata of each region, counted in the file by another program.
DEGREES_OF_FREEDOM = {
    1: 244, 2: 219, 3: 152, 4: 309, 5: 878, 6: 425, 7: 536, 8: 630, 9: 424, 10: 316, 11: 95, 12: 136, 13: 2607,
    14: 215, 15: 209, 16: 258,
}  # fmt: skip


def test_verdicts_counted(rows) -> None:
    assert Counter(rows["verdict"]) == {"as published": 48}
    assert rows["published"].between(0.019, 0.116).all()


@pytest.fixture(scope="module")
def survey(shared):
    from diplab.loaders.read import read

    return read(shared / "data" / "open" / "chile-calidad" / "data" / "enusc_2023.rda").frame


def test_shares_are_weighted_shares(rows, survey) -> None:
    weight, victims = survey["Fact_Hog_Reg"], survey["VH_DV"] == 1
    for region, here in survey.groupby("enc_region").groups.items():
        by_hand = weight[here][victims[here]].sum() / weight[here].sum()
        assert rows.loc[f"victimisation/{int(region)}/estimate", "reproduced"] == pytest.approx(
            by_hand, rel=1e-12
        )


def test_limits_are_logit_with_the_degrees_of_freedom_of_the_region(rows, survey) -> None:
    """Of printed limits the middle on the logit scale is the printed share; their length gives one error for t."""
    for region, df in DEGREES_OF_FREEDOM.items():
        here = survey[survey["enc_region"] == region]
        assert df == here["Conglomerado"].nunique() - here["VarStrat"].nunique()
        keys = [f"victimisation/{region}/{name}" for name in ("estimate", "ci_low", "ci_high")]
        share, low, high = rows.loc[keys, "published"]
        assert expit((logit(low) + logit(high)) / 2) == pytest.approx(share, abs=2e-8)
        error = (logit(high) - logit(low)) / 2 / t.ppf(0.975, df)
        assert expit(logit(share) - t.ppf(0.975, df) * error) == pytest.approx(
            rows.loc[keys[1], "reproduced"], abs=2e-8
        )


def test_the_degrees_of_freedom_of_the_design_move_the_fourth_digit(rerun, rows, survey) -> None:
    import diplab as dl

    design = {
        "weights": "Fact_Hog_Reg",
        "strata": "VarStrat",
        "psu": "Conglomerado",
        "lonely_psu": "certainty",
    }
    sample = dl.declare_design(survey, **design)
    found = dl.estimate(
        sample.where("enc_region == 15"), dl.share("VH_DV == 1"), df="design"
    ).frame.iloc[0]
    assert found["ci_low"] == pytest.approx(0.08174, abs=5e-6)
    assert rows.loc["victimisation/15/ci_low", "reproduced"] == pytest.approx(0.08166, abs=5e-6)


def test_printed_numbers_follow_the_file(disturbed) -> None:
    """Where one household in ten of the capital is not a victim any more, its three numbers change and no others."""

    def spared(frame):
        some = (frame["enc_region"] == 13) & (frame.index % 10 == 0)
        return frame.assign(VH_DV=frame["VH_DV"].mask(some, 0))

    found = disturbed(spared)
    changed = found[found["verdict"] != "as published"].index
    assert list(changed) == [
        f"victimisation/13/{name}" for name in ("estimate", "ci_low", "ci_high")
    ]
