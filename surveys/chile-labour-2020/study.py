"""Unemployment in Chile, January-March 2020 (ENE): printed rates, the base that one of them hides, and uncertainty."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

import diplab as dl
from diplab import wording
from diplab.presentation.charts.dots import Dot
from diplab.types import Inputs, Result, Sample

if TYPE_CHECKING:
    from collections.abc import Mapping

    from diplab.presentation.charts.chart import PrintedFigure
    from diplab.types import Comparison, Estimates

SURVEY = "chile/ene-2020"
STATUS = "cae_especifico"
EMPLOYED, UNEMPLOYED = range(1, 8), range(8, 10)
MEN, WOMEN = 1, 2
ANTOFAGASTA, CAPITAL = 2, 13
REGIONS = range(1, 17)
LEVEL = 0.05


def _sample(inputs: Inputs) -> Sample:
    return inputs.once("sample", lambda: _declared(inputs))


def _declared(inputs: Inputs) -> Sample:
    columns = [STATUS, "sexo", "region", "conglomerado", "estrato_unico", "fact_cal"]
    survey = inputs.read(SURVEY, columns=columns, codebook="study")
    status = survey.frame[STATUS]
    unemployed = status.isin(UNEMPLOYED)
    data = survey.with_columns(
        unemployed=unemployed.astype(float),
        active=unemployed | status.isin(EMPLOYED),
        **{f"region_{region}": survey.frame["region"] == region for region in REGIONS},
    )
    # INE's package counts the four strata with a single unit as taken whole
    return dl.declare_design(
        data, weights="fact_cal", strata="estrato_unico", psu="conglomerado", lonely_psu="certainty"
    )


def _rates(inputs: Inputs, among: str = "", by: str | tuple[str, ...] = ()) -> Estimates:
    """Return unemployment rates in a part of the labour force."""
    condition = f"active and {among}" if among else "active"
    return inputs.once(
        f"rates {among} {by}",
        lambda: dl.estimate(
            _sample(inputs).where(condition), dl.share("unemployed == 1"), by=by, df="design"
        ),
    )


def _rate(inputs: Inputs, among: str = "") -> float:
    return 100 * float(_rates(inputs, among).frame["estimate"].item())


def results(inputs: Inputs) -> dict[str, Any]:
    national = _rate(inputs)
    regional = 100 * _rates(inputs, by="region").frame.set_index("region")["estimate"]
    men, women = (_rate(inputs, f"sexo == {sex}") for sex in (MEN, WOMEN))
    in_capital = {
        sex: _rate(inputs, f"sexo == {sex} and region == {CAPITAL}") for sex in (MEN, WOMEN)
    }
    gaps = _gaps(inputs)
    significant = gaps["p_value"] < LEVEL
    total = (
        dl.estimate(_sample(inputs), dl.total("unemployed"), df="design").frame["estimate"].item()
    )
    return {
        "unemployment": national,
        "unemployed": total,
        "unemployment_capital": regional[CAPITAL],
        "unemployment_antofagasta": regional[ANTOFAGASTA],
        "regions_above": float((regional > national).sum()),
        "regions_above_9": float((regional > 9).sum()),
        "unemployment_men": Result(men, printed_way=in_capital[MEN], because="base differs"),
        "unemployment_women": Result(women, printed_way=in_capital[WOMEN], because="base differs"),
        "unemployment_men_package": men,
        "regions_significantly_above": float((significant & (gaps["estimate"] > 0)).sum()),
        "regions_significantly_below": float((significant & (gaps["estimate"] < 0)).sum()),
        "tutorial": _tutorial(inputs),
    }


def _gaps(inputs: Inputs) -> pd.DataFrame:
    """Return by how much the rate of each region differs from that of the rest of the country."""
    return inputs.once("gaps", lambda: _compared(_sample(inputs).where("active")))


def _compared(active: Sample) -> pd.DataFrame:
    rows = {}
    for region in REGIONS:
        inside = f"region_{region}"
        rates = dl.estimate(active, dl.mean("unemployed"), by=inside, df="design")
        gap = dl.contrast(rates, {inside: (True, False)}).frame.iloc[0]
        rows[region] = gap[["estimate", "ci_low", "ci_high", "p_value"]]
    return pd.DataFrame.from_dict(rows, orient="index")


def _tutorial(inputs: Inputs) -> pd.DataFrame:
    """Return the unemployed by sex, with the degrees of freedom of the unemployed themselves, as INE's package."""
    among = _sample(inputs).where("unemployed == 1")
    found = dl.estimate(among, dl.count(), by="sexo", df="domain").frame.set_index("sexo")
    names = {
        "estimate": "unemployed",
        "std_error": "standard_error",
        "df": "degrees_of_freedom",
        "n": "rows",
        "cv": "cv",
    }
    table = found[list(names)].rename(columns=names)
    return table.set_axis([str(int(sex)) for sex in table.index])


def figures(inputs: Inputs, comparison: Comparison) -> dict[str, PrintedFigure]:
    regional = _rates(inputs, by="region")
    rows = regional.frame.sort_values("estimate", ascending=False)
    labels = regional.codebook["region"].values
    national = _rates(inputs).frame["estimate"].item()
    by_sex = {place: _rates(inputs, among, by="sexo") for place, among in PLACES.items()}
    in_chile = by_sex["chile"].frame.set_index("sexo")["estimate"]
    shares = {
        "national": national,
        "highest": rows["estimate"].max(),
        "lowest": rows["estimate"].min(),
        "men": in_chile[MEN],
        "women": in_chile[WOMEN],
    }
    said = {name: wording.both(wording.percent, share) for name, share in shares.items()}
    look = {"percent": True, "percent_signs": False, "decimals": 1}
    return {
        "regions": dl.chart(
            tuple(
                Dot(labels[row["region"]], row["estimate"], row["ci_low"], row["ci_high"])
                for row in rows.to_dict("records")
            ),
            "dots",
            line=national,
            **look,
            **inputs.caption("regions", **said),
        ),
        "men-and-women": dl.chart(
            _sexes(inputs, comparison, by_sex),
            "dots",
            **look,
            **inputs.caption("men-and-women", **said),
        ),
    }


PLACES = {"chile": "", "capital": f"region == {CAPITAL}"}


def _sexes(
    inputs: Inputs, comparison: Comparison, by_sex: Mapping[str, Estimates]
) -> tuple[Dot, ...]:
    """Return the rates of men and women in both places, each beside what the newspaper printed."""
    printed = comparison.frame.set_index("key")["published"] / 100
    places = inputs.words("place")
    rows = []
    for place, found in by_sex.items():
        labels = found.codebook["sexo"].values
        for row in found.frame.to_dict("records"):
            key = "unemployment_men" if row["sexo"] == MEN else "unemployment_women"
            point = row["estimate"], row["ci_low"], row["ci_high"]
            rows.append(Dot(labels[row["sexo"]], *point, printed[key], group=places[place]))
    return tuple(rows)
