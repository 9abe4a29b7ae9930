"""Unemployment in Chile: printed rates, a base that is not stated, and regions above a rate but not clearly so."""

from __future__ import annotations

from collections import Counter

import pytest

pytestmark = pytest.mark.shared

STUDY = "chile-labour-2020"


def test_verdicts_and_a_count_rounded_to_the_hundred(rows) -> None:
    assert Counter(rows["verdict"]) == {
        "as published": 16,
        "within tolerance": 1,
        "base differs": 2,
        "our own": 2,
    }
    row = rows.loc["unemployed"]
    assert row["published"] == 801_800
    assert row["reproduced"] == pytest.approx(399_299.4392339694 + 402_505.3564571918, rel=1e-12)
    assert abs(row["difference"]) < row["tolerance"] == 50


# R survey 4.4-2: svyby of the unemployed among cae_especifico 1 to 9, by sex and by region, per
# cent.
BOTH_BASES = {
    "unemployment_men": (7.13337936, 7.35052628),
    "unemployment_women": (9.70685406, 10.36842415),
}


def test_both_readings_of_a_base_that_is_not_stated_are_shown(rows) -> None:
    for key, readings in BOTH_BASES.items():
        assert tuple(rows.loc[key, ["reproduced", "printed_way"]]) == pytest.approx(
            readings, abs=1e-7
        )
        assert rows.loc[key, "verdict"] == "base differs"


def test_seven_regions_above_of_which_none_significantly(rows) -> None:
    found = rows["reproduced"]
    assert found["regions_above"] == 7
    assert found["regions_above_9"] == 3
    assert found["regions_significantly_above"] == 0
    assert found["regions_significantly_below"] == 5


def test_a_region_against_the_rest_as_r_has_it(rerun, shared) -> None:
    """R survey 4.4-2: svycontrast of svyby(~u, ~I(region == 5), covmat = TRUE), 0.010124 with error 0.0054."""
    from diplab.loaders.read import read

    survey = read(shared / "data" / "open" / "chile-calidad" / "data" / "ene.rda").frame
    active = survey[survey["cae_especifico"].between(1, 9)]
    unemployed = active["cae_especifico"].between(8, 9)

    def rate(here):
        return (active["fact_cal"] * unemployed)[here].sum() / active["fact_cal"][here].sum()

    gaps = rerun.study.module._compared(_active(survey))
    assert gaps.loc[5, "estimate"] == pytest.approx(
        rate(active["region"] == 5) - rate(active["region"] != 5)
    )
    assert gaps.loc[5, "estimate"] == pytest.approx(0.010124, abs=5e-7)
    assert (gaps.loc[5, "ci_high"] - gaps.loc[5, "ci_low"]) / 2 / 1.96056 == pytest.approx(
        0.0054, abs=5e-5
    )


def _active(survey):
    import diplab as dl

    frame = survey.assign(
        unemployed=survey["cae_especifico"].between(8, 9).astype(float),
        active=survey["cae_especifico"].between(1, 9),
        **{f"region_{region}": survey["region"] == region for region in range(1, 17)},
    )
    design = {
        "weights": "fact_cal",
        "strata": "estrato_unico",
        "psu": "conglomerado",
        "lonely_psu": "certainty",
    }
    return dl.declare_design(frame, **design).where("active")


def test_printed_numbers_follow_the_file(disturbed) -> None:
    """Where first-job seekers (9) leave the labour force the rate falls, and the errors of the package with it."""
    found = disturbed(
        lambda frame: frame.assign(
            cae_especifico=frame["cae_especifico"].mask(frame["cae_especifico"] == 9, 28)
        )
    )
    assert found.loc["unemployment", "reproduced"] < 8.2
    changed = ["unemployment", "unemployed", "tutorial/1/standard_error", "tutorial/2/rows"]
    assert set(found.loc[changed, "verdict"]) == {"differs"}


def test_the_figure_on_bases_sets_one_print_beside_both(rerun) -> None:
    chile, capital = (
        rerun.chart("men-and-women", "fr").rows[:2],
        rerun.chart("men-and-women", "fr").rows[2:],
    )
    for place in (chile, capital):
        assert [row.published for row in place] == pytest.approx([0.074, 0.104])
    assert [round(row.point, 3) for row in capital] == [0.074, 0.104]
    assert [round(row.point, 3) for row in chile] == [0.071, 0.097]
