"""Poverty in Chile and its regions, 2020 (Casen): what newspapers printed, recomputed from the rows of the survey.

The newspapers printed rates and counts without their uncertainty; the design of the survey (588
strata, 11,490 primary units) gives it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import pandas as pd

import diplab as dl
from diplab import wording
from diplab.presentation.charts.dots import Dot
from diplab.types import Inputs, Result

if TYPE_CHECKING:
    from diplab.presentation.charts.chart import PrintedFigure
    from diplab.types import Comparison, Estimates

SURVEY = "chile/casen-2020"
STATUS = "pobreza"
TARAPACA, ARAUCANIA = 1, 9
POOR = {"extreme": (1,), "not_extreme": (2,), "poor": (1, 2), "not_poor": (3,)}


class Found(NamedTuple):
    """What is computed once a run: rates and counts, for Chile and by region."""

    rates: Estimates
    regional_rates: Estimates
    counts: Estimates
    regional_counts: Estimates


def _found(inputs: Inputs) -> Found:
    return inputs.once("found", lambda: _computed(inputs))


def _computed(inputs: Inputs) -> Found:
    columns = [STATUS, "expr", "estrato", "cod_upm", "region"]
    survey = inputs.read(SURVEY, columns=columns, codebook="study")
    status = survey.frame[STATUS]
    # 98 persons have no status: they are left out of rates, and count for no total
    flags = {name: status.isin(codes).where(status.notna()) for name, codes in POOR.items()}
    data = survey.with_columns(**{name: flag.astype(float) for name, flag in flags.items()})
    # some strata have one primary unit: its distance from the mean of all stands for its variance
    sample = dl.declare_design(
        data, weights="expr", strata="estrato", psu="cod_upm", lonely_psu="adjust"
    )
    rates = [dl.mean(name) for name in POOR]
    counts = [dl.total(name) for name in POOR]
    return Found(
        dl.estimate(sample, *rates, df="design"),
        dl.estimate(sample, *rates, by="region", df="design"),
        dl.estimate(sample, *counts, df="design"),
        dl.estimate(sample, *counts, by="region", df="design"),
    )


def results(inputs: Inputs) -> dict[str, Any]:
    rates = _found(inputs).rates.frame.set_index("variable")
    return {
        "press": _press(inputs),
        "poor_standard_error": 100 * rates.loc["poor", "std_error"],
        "extreme_standard_error": 100 * rates.loc["extreme", "std_error"],
        "degrees_of_freedom": rates.loc["poor", "df"],
        "design_effect": rates.loc["poor", "deff"],
    }


def _press(inputs: Inputs) -> pd.DataFrame:
    """Return every number a newspaper could have printed of its place."""
    table = inputs.table("press")
    found = _found(inputs)
    rates = found.rates.frame.set_index("variable")["estimate"]
    counts = found.counts.frame.set_index("variable")["estimate"]
    regional_rates, regional_counts = (
        each.frame.set_index(["region", "variable"])["estimate"]
        for each in (found.regional_rates, found.regional_counts)
    )
    not_poor = counts["not_poor"]
    # printed as the resident population: the number of persons who are not poor
    residents = Result(
        counts["poor"] + not_poor, base="residents", printed_way=not_poor, because="base differs"
    )
    rows = []
    for place, _ in table.rows:
        code = table.maps.get(place)
        rate = rates if code is None else regional_rates[code]
        count = counts if code is None else regional_counts[code]
        kinds = ("poor", "extreme", "not_extreme")
        row = {kind: 100 * rate[kind] for kind in kinds}
        row |= {f"{kind}_persons": count[kind] for kind in kinds}
        rows.append(row | {"residents": residents if code is None else None})
    index = pd.MultiIndex.from_tuples(table.rows, names=["place", "newspaper"])
    return pd.DataFrame(rows, index=index, dtype=object)


def figures(inputs: Inputs, comparison: Comparison) -> dict[str, PrintedFigure]:
    poor, extreme = (_by_region(inputs, comparison, kind) for kind in ("poor", "extreme"))
    shares = {"poor": _regional(inputs, "poor"), "extreme": _regional(inputs, "extreme")}
    national = _found(inputs).rates.frame.set_index("variable")["estimate"]

    def numbers(kind: str, region: int) -> dict[str, dl.Text]:
        found, own = shares[kind], shares[kind].loc[region]
        values = {
            "national": national[kind],
            "highest": found["estimate"].max(),
            "lowest": found["estimate"].min(),
            "low": own["ci_low"],
            "high": own["ci_high"],
            "tarapaca": own["estimate"],
        }
        return {name: wording.both(wording.percent, value) for name, value in values.items()}

    look = {"percent": True, "percent_signs": False, "decimals": 1}
    return {
        "poverty": dl.chart(
            poor,
            "dots",
            line=national["poor"],
            **look,
            **inputs.caption("poverty", **numbers("poor", ARAUCANIA)),
        ),
        "extreme-poverty": dl.chart(
            extreme,
            "dots",
            line=national["extreme"],
            **look,
            **inputs.caption("extreme-poverty", **numbers("extreme", TARAPACA)),
        ),
    }


def _regional(inputs: Inputs, kind: str) -> pd.DataFrame:
    frame = _found(inputs).regional_rates.frame
    return frame[frame["variable"] == kind].set_index("region")


def _by_region(inputs: Inputs, comparison: Comparison, kind: str) -> tuple[Dot, ...]:
    """Return the regions from the highest rate to the lowest, with what a newspaper of 2021 printed."""
    codes = inputs.table("press").maps
    cells = comparison.frame
    cells = cells[
        (cells["table"] == "press") & (cells["column"] == kind) & ~cells["row"].str.contains("2023")
    ]
    printed: dict[int, float] = {}
    for cell in cells.to_dict("records"):
        code = codes.get(cell["row"].split(" | ")[0])
        # of two newspapers, the one that is off shows what a misprint amounts to
        if code is not None and (code not in printed or cell["verdict"] == "differs"):
            printed[code] = cell["published"] / 100
    labels = _found(inputs).regional_rates.codebook["region"].values
    rows = _regional(inputs, kind).sort_values("estimate", ascending=False)
    return tuple(
        Dot(labels[region], row["estimate"], row["ci_low"], row["ci_high"], printed.get(region))
        for region, row in rows.iterrows()
    )
