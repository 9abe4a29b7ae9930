"""Energy in US homes, 2015 (RECS): official tables with their suppressed cells, and a course's printed errors.

The survey gives 96 replicate weights (Fay, coefficient 0.5) and no strata or units: every error
below comes from them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

import diplab as dl
from diplab import wording
from diplab.presentation.charts.dots import Dot

if TYPE_CHECKING:
    from collections.abc import Mapping

    from diplab.presentation.charts.chart import PrintedFigure
    from diplab.types import Comparison, Estimates, Inputs, Sample, Test

HOMES = "recs-2015/homes"
COLUMNS = (
    "Region", "Division", "Urbanicity", "HousingUnitType", "ClimateRegion_BA", "ACUsed", "SummerTempDay",
    "SummerTempNight", "WinterTempDay", "WinterTempNight", "TOTCSQFT", "TOTSQFT_EN", "NWEIGHT", "BTUEL", "DOLLAREL",
    "BTUNG", "BTULP", "BTUFO", "BTUWOOD", "BTUPELLET", "TOTALBTU", "TOTALDOL",
)  # fmt: skip
REPLICATES = tuple(f"BRRWT{number}" for number in range(1, 97))

# The publisher's rule for cells: no case, too few homes, or a relative standard error above this
# per cent.
FEWEST_HOMES, LARGEST_RSE = 10, 50

NORMAL_95 = 1.959963984540054
"""R's `confint` of a model, and srvyr's of a quantile, take the normal distribution; tests and means take t."""


def _homes(inputs: Inputs) -> dl.Microdata:
    return inputs.once(
        "homes", lambda: _with_fuels(inputs.read(HOMES, columns=[*COLUMNS, *REPLICATES]))
    )


def _sample(inputs: Inputs) -> Sample:
    weights = dl.replicates(REPLICATES, kind="fay", fay=0.5)
    return inputs.once(
        "sample", lambda: dl.declare_design(_homes(inputs), weights="NWEIGHT", replicates=weights)
    )


def _with_fuels(homes: dl.Microdata) -> dl.Microdata:
    """Add what each home has, as 1 and 0, and the areas that the tables add up."""
    frame = homes.frame
    used = {
        "homes": frame["NWEIGHT"] > 0,
        "electricity": frame["BTUEL"] > 0,
        "gas": frame["BTUNG"] > 0,
        "propane": frame["BTULP"] > 0,
        "wood": (frame["BTUWOOD"] > 0) | (frame["BTUPELLET"] > 0),
        "oil": frame["BTUFO"] > 0,
        "cooled": frame["ACUsed"],
    }
    columns = {name: has.astype(float) for name, has in used.items()}
    division = frame["Division"].astype(str)
    columns["mountain"] = division.where(~division.str.startswith("Mountain"), "Mountain")
    columns["country"] = pd.Series("US", index=frame.index)
    return homes.with_columns(**columns)


def results(inputs: Inputs) -> dict[str, Any]:
    sample = _sample(inputs)
    south = dl.estimate(
        sample.where("Region == 'South'"), dl.total("TOTALBTU"), df="design"
    ).frame.iloc[0]
    return {
        "south_btu": float(south["estimate"]),
        "south_homes": float(south["n"]),
        "hc1-6": _cells(inputs, "hc1-6"),
        "hc1-8": _cells(inputs, "hc1-8"),
        "precision": _precision(inputs),
        "bills": _bills(sample),
        "estimates": _estimates(sample),
        "tests": _tests(sample),
        "regressions": _regressions(sample),
        "energy-cost": _energy_cost(sample),
    }


def _totals(inputs: Inputs, by: str) -> Estimates:
    """Return how many homes have each fuel, by the categories of one variable."""
    kinds = inputs.table("hc1-6").maps["rows"].values()
    totals = [dl.total(kind) for kind in kinds]
    return inputs.once(
        f"totals by {by}", lambda: dl.estimate(_sample(inputs), *totals, by=by, df="design")
    )


def _cells(inputs: Inputs, name: str) -> pd.DataFrame:
    """Return a table of the publisher: million homes, or the mark that its rule prints instead."""
    maps = inputs.table(name).maps
    rows = maps["rows"]
    frame = _homes(inputs).frame
    columns = {}
    for column, (by, category) in maps["columns"].items():
        found = _totals(inputs, by).frame.set_index([by, "variable"]).loc[category]
        cases = frame.loc[frame[by] == category, list(rows.values())].sum()
        columns[column] = [_cell(found.loc[kind], cases[kind]) for kind in rows.values()]
    return pd.DataFrame(columns, index=list(rows), dtype=object)


def _cell(found: Mapping[str, float], cases: float) -> float | str:
    if cases == 0:
        return "N"
    if cases < FEWEST_HOMES or 100 * found["cv"] > LARGEST_RSE:
        return "Q"
    return float(found["estimate"]) / 1e6


def _precision(inputs: Inputs) -> pd.DataFrame:
    found = _totals(inputs, "country").frame.set_index("variable")
    rows = inputs.table("hc1-6").maps["rows"]
    kinds = [rows[row] for (row,) in inputs.table("precision").rows]
    columns = {
        "standard_error": found.loc[kinds, "std_error"] / 1e6,
        "relative": 100 * found.loc[kinds, "cv"],
    }
    return pd.DataFrame(columns).set_axis([row for (row,) in inputs.table("precision").rows])


def _bills(sample: Sample) -> pd.DataFrame:
    asked = (dl.mean("DOLLAREL"), dl.count())
    by_cooling = dl.estimate(sample, *asked, by="ACUsed", df="design").frame
    everyone = dl.estimate(sample, *asked, df="design").frame.assign(ACUsed="NA")
    found = pd.concat([by_cooling, everyone])
    found["ACUsed"] = found["ACUsed"].astype(str).str.upper()
    bill, homes = (
        found[found["statistic"] == name].set_index("ACUsed") for name in ("mean", "count")
    )
    columns = {
        "ElBill": bill["estimate"],
        "ElBill_se": bill["std_error"],
        "N": homes["estimate"],
        "N_se": homes["std_error"],
        "n": homes["n"],
    }
    return pd.DataFrame(columns)


def _estimates(sample: Sample) -> pd.DataFrame:
    single = sample.where("HousingUnitType in ['Single-family detached', 'Single-family attached']")
    south = sample.where("Region == 'South'")
    asked = {
        "mean of TOTALDOL": (sample, dl.mean("TOTALDOL")),
        "mean of SummerTempDay": (sample, dl.mean("SummerTempDay")),
        "median of SummerTempDay": (sample, dl.median("SummerTempDay", rule="hf4")),
        "first quartile of TOTALDOL": (sample, dl.quantile("TOTALDOL", 0.25, rule="hf4")),
        "third quartile of TOTALDOL": (sample, dl.quantile("TOTALDOL", 0.75, rule="hf4")),
        "ratio of TOTALDOL to TOTALBTU": (sample, dl.ratio("TOTALDOL", "TOTALBTU")),
        "mean of DOLLAREL, single-family homes": (single, dl.mean("DOLLAREL")),
        "mean of TOTSQFT_EN, 90% interval": (sample, dl.mean("TOTSQFT_EN")),
        "ratio of TOTCSQFT to TOTSQFT_EN": (sample, dl.ratio("TOTCSQFT", "TOTSQFT_EN")),
        "median of WinterTempNight": (sample, dl.median("WinterTempNight", rule="hf4")),
        "median of DOLLAREL, South": (south, dl.median("DOLLAREL", rule="hf4")),
    }
    rows = {}
    for label, (among, statistic) in asked.items():
        confidence = 0.9 if "90%" in label else 0.95
        found = dl.estimate(among, statistic, confidence=confidence, df="design").frame.iloc[0]
        point, error = float(found["estimate"]), float(found["std_error"])
        low, high = (float(found[end]) for end in ("ci_low", "ci_high"))
        if "quartile" in label or "median" in label:
            low, high = point - NORMAL_95 * error, point + NORMAL_95 * error
        rows[label] = {"estimate": point, "standard_error": error, "ci_low": low, "ci_high": high}
    return pd.DataFrame.from_dict(rows, orient="index")


def _tests(sample: Sample) -> pd.DataFrame:
    above = dl.t_test(sample, "SummerTempNight", mu=68, df="design")
    night = dl.t_test(sample, "SummerTempNight", paired_with="WinterTempNight", df="design")
    day = dl.t_test(sample, "WinterTempDay", paired_with="SummerTempDay", df="design")
    bills = dl.t_test(sample, "DOLLAREL", by="ACUsed", df="design")
    rows = {
        "SummerTempNight - 68": _tested(above, "mean", less=68),
        "SummerTempNight - WinterTempNight": _tested(night, "difference"),
        "WinterTempDay - SummerTempDay": _tested(day, "difference"),
        "DOLLAREL by ACUsed": _tested(bills, "difference"),
    }
    difference = rows["DOLLAREL by ACUsed"]
    half = NORMAL_95 * bills.estimates["std_error"]
    difference |= {
        "ci_low": difference["estimate"] - half,
        "ci_high": difference["estimate"] + half,
    }
    return pd.DataFrame.from_dict(rows, orient="index")


def _tested(test: Test, name: str, less: float = 0) -> dict[str, float]:
    found = test.estimates
    return {
        "estimate": found[name] - less,
        "t": test.statistic,
        "df": test.df[0],
        "p": test.p_value,
        "ci_low": found["ci_low"] - less,
        "ci_high": found["ci_high"] - less,
    }


REGIONS = "C(Region, levels=['Northeast', 'Midwest', 'South', 'West'])"
MODELS = {
    "DOLLAREL ~ ACUsed": "DOLLAREL ~ ACUsed",
    "SummerTempNight ~ Region": f"SummerTempNight ~ {REGIONS}",
    "DOLLAREL ~ TOTSQFT_EN": "DOLLAREL ~ TOTSQFT_EN",
    "DOLLAREL ~ Region": f"DOLLAREL ~ {REGIONS}",
    "TOTALDOL ~ TOTCSQFT": "TOTALDOL ~ TOTCSQFT",
}


def _regressions(sample: Sample) -> pd.DataFrame:
    parts = []
    for model, formula in MODELS.items():
        found = dl.regress(sample, formula, df="design").frame
        terms = found["variable"].where(found["variable"] != "intercept", "(Intercept)")
        terms = terms + found["category"].astype(str).str.replace("True", "TRUE")
        columns = {
            "estimate": found["estimate"],
            "standard_error": found["std_error"],
            "t": found["estimate"] / found["std_error"],
            "p": found["p_value"],
        }
        index = pd.MultiIndex.from_product([[model], terms], names=["model", "term"])
        parts.append(
            pd.DataFrame({name: column.to_numpy() for name, column in columns.items()}, index=index)
        )
    return pd.concat(parts)


def _energy_cost(sample: Sample) -> pd.DataFrame:
    """Return the mean cost by nested categories, where NA stands for all categories together, as R prints it."""
    levels = ["Region", "Division", "Urbanicity"]
    parts = []
    for depth in range(len(levels) + 1):
        by = levels[:depth]
        found = dl.estimate(sample, dl.mean("TOTALDOL"), by=by, df="design").frame
        parts.append(found.assign(**dict.fromkeys(levels[depth:], "NA")))
    found = pd.concat(parts).astype(dict.fromkeys(levels, str)).set_index(levels)
    return found[["estimate", "std_error"]].set_axis(["EnergyCost", "EnergyCost_se"], axis=1)


def figures(inputs: Inputs, comparison: Comparison) -> dict[str, PrintedFigure]:
    return {"propane": _propane(inputs, comparison), "energy-cost": _costs(inputs)}


def _propane(inputs: Inputs, comparison: Comparison) -> PrintedFigure:
    """Return the printed cells on propane beside their intervals; none of them is suppressed."""
    both, number = wording.both, wording.number
    printed = comparison.frame.set_index("key")["published"]
    rows = []
    for name, group in inputs.words("group").items():
        table = inputs.table(name)
        for column, (by, category) in table.maps["columns"].items():
            if column == "us":
                continue
            found = _totals(inputs, by).frame.set_index([by, "variable"]).loc[(category, "propane")]
            point, low, high = (found[each] / 1e6 for each in ("estimate", "ci_low", "ci_high"))
            key = f"{name}/Propane, any use/{column}"
            rows.append(Dot(table.heads[column], point, low, high, printed[key], group=group))
            if column == "marine":
                numbers = {"low": low, "high": high, "printed": printed[key]}
                said = {each: both(number, value, decimals=1) for each, value in numbers.items()}
                said["rse"] = both(wording.percent, found["cv"])
    return dl.chart(tuple(rows), "dots", decimals=2, **inputs.caption("propane", **said))


def _costs(inputs: Inputs) -> PrintedFigure:
    sample = _sample(inputs)
    labels = inputs.words("division")
    found = dl.estimate(sample, dl.mean("TOTALDOL"), by="Division", df="design").frame
    rows = found.sort_values("estimate", ascending=False).set_index("Division")
    national = dl.estimate(sample, dl.mean("TOTALDOL"), df="design").frame["estimate"].item()
    first = rows.iloc[0]
    numbers = {
        "national": national,
        "highest": first["estimate"],
        "low": first["ci_low"],
        "high": first["ci_high"],
        "lowest": rows["estimate"].min(),
    }
    said = {name: wording.both(wording.number, value) for name, value in numbers.items()}
    return dl.chart(
        tuple(
            Dot(labels[division], row["estimate"], row["ci_low"], row["ci_high"])
            for division, row in rows.iterrows()
        ),
        "dots",
        line=national,
        zero=False,
        **inputs.caption("energy-cost", **said),
    )
