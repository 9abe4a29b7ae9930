"""Who shares: rates by arm, what people say they would do for more, amounts written in, opinions on uses of data."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from scipy.stats import chi2, linregress

import diplab as dl
from diplab.types import Result, Sample

from .answers import AMOUNTS, ANY, ANY_AMOUNT, NOT_FOR_ANY, OPINIONS, WRITTEN_IN, answers, survey

if TYPE_CHECKING:
    from diplab.types import Estimates, Inputs

REAL = {"$0.05": "bonus-05", "$0.20": "bonus-20", "$0.50": "bonus-50"}
"""The arm that offers an amount; none offered a dollar."""
OFFERS = ("control", *REAL.values())
SHOWN = {"False": "data not shown", "True": "data shown"}


def tables(inputs: Inputs) -> dict[str, pd.DataFrame]:
    sample = survey(inputs)
    rates = share_rates(inputs)
    arms = rates.frame.set_index(["incentive", "showdata"])[["n", "estimate"]]
    arms = arms.rename(columns={"estimate": "share_rate"})
    consents = _consents(sample)
    ladders = {shown: _ladder(consents.xs(shown, level="showdata")) for shown in SHOWN}
    real = {shown: _real_and_hypothetical(consents.xs(shown, level="showdata")) for shown in SHOWN}
    return {
        "share_by_arm": arms.assign(share_rate=[Result.of(rates, row) for row in range(len(arms))]),
        "share_by_data_shown": _renamed(arms.swaplevel()),
        "share_overall": _overall(sample),
        "completions_test": _completions(sample),
        "any_amount": _any_amount(sample),
        "write_in_amounts": _written_in(answers(inputs)),
        "real_and_hypothetical": real["False"],
        "real_and_hypothetical_by_data_shown": _renamed(pd.concat(real)).rename(index=_arm_alone),
        "control_arm_by_amount": _renamed(pd.concat(ladders)),
        "control_arm_summary": _renamed(pd.concat(ladders)),
        "fitted_lines": _lines(ladders),
        "opinions": pd.concat({question: _shares(sample, question) for question in OPINIONS}),
    }


def share_rates(inputs: Inputs) -> Estimates:
    """Return the share rate of each arm, with the interval that the authors did not print."""
    return dl.estimate(
        survey(inputs), dl.share("share == 1"), by=["incentive", "showdata"], df="design"
    )


def _arm_alone(label: str) -> str:
    return label.partition(" / ")[0]


def _renamed(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.rename(index=SHOWN, level=0)


def _shares(sample: Sample, variable: str) -> pd.DataFrame:
    found = dl.crosstab(sample, variable, df="design", na="keep").frame.set_index(variable)
    return found[["n", "estimate"]].rename(columns={"estimate": "pct"})


def _overall(sample: Sample) -> pd.DataFrame:
    parts = {"all": sample, "control arm": sample.where("incentive == 'control'")}
    parts |= {
        f"all arms, {said}": sample.where(f"showdata == '{shown}'") for shown, said in SHOWN.items()
    }
    rows = {
        name: dl.estimate(part, dl.mean("share"), df="design").frame for name, part in parts.items()
    }
    return pd.DataFrame(
        {
            name: {"n": row["n"].item(), "share_rate": row["estimate"].item()}
            for name, row in rows.items()
        }
    ).T


def _completions(sample: Sample) -> pd.DataFrame:
    """Return Pearson's chi-square of as many completions in each of the ten arms."""
    arms = sorted(dl.crosstab(sample, "exp_arm", df="design").frame["exp_arm"])
    found = dl.crosstab(
        sample, "exp_arm", expected=dict.fromkeys(arms, 1 / len(arms)), df="design"
    ).test
    pearson = found.estimates["pearson"]
    row = {"statistic": pearson, "p": chi2.sf(pearson, len(arms) - 1)}
    return pd.DataFrame(row, index=["chi-square of equal counts"])


def _any_amount(sample: Sample) -> pd.DataFrame:
    """Return how many would not share for any amount; whoever was not asked had said yes before."""
    shares = _shares(sample, ANY_AMOUNT)
    n, share = shares.loc[NOT_FOR_ANY]
    rows = {"would not share for any amount": (n, 100 * share)}
    rows["would share for some amount"] = (shares["n"].sum() - n, 100 * (1 - share))
    return pd.DataFrame.from_dict(rows, orient="index", columns=["n", "per_cent"])


def _consents(sample: Sample) -> pd.DataFrame:
    """Return, for each arm, its size, who shares, and who would for each amount asked about next."""
    statistics = (dl.count(), *(dl.total(each) for each in ("share", *AMOUNTS, ANY)))
    totals = dl.estimate(sample, *statistics, by=["incentive", "showdata"], df="design").frame
    totals["of"] = totals["variable"].where(totals["statistic"] == "total", "n")
    return totals.pivot(index=["incentive", "showdata"], columns="of", values="estimate")


def _real_and_hypothetical(arms: pd.DataFrame) -> pd.DataFrame:
    """Return what each amount does when it is offered, and what those who declined the one before say it would do."""
    arms = arms.assign(rate=arms["share"] / arms["n"])
    rounded = np.round(arms["rate"], 3)  # the authors take differences of rates to 3 decimals
    real = {"n": "n", "share": "real_share", "rate": "real_share_rate"}
    rows = {"control": arms.loc["control", list(real)].rename(real).to_dict()}
    steps = zip(AMOUNTS, ("control", *AMOUNTS), OFFERS, (*OFFERS[1:], None), strict=False)
    for amount, before, declined, offered in steps:
        n, share, more = arms.loc[declined, ["n", "share", amount]]
        row = {"hypo_share": more, "hypo_share_rate": (share + more) / n, "hypo_impact": more / n}
        if offered is not None:
            row |= arms.loc[offered, list(real)].rename(real).to_dict()
            row["real_impact"] = rounded[offered] - rounded[declined]
        rows[f"{offered or 'no arm'} / {amount} vs {before}"] = row
    return pd.DataFrame.from_dict(rows, orient="index")


def _ladder(arms: pd.DataFrame) -> pd.DataFrame:
    """Return, in the control arm, how many more would share for each amount asked about in turn."""
    control = arms.loc["control"]
    added = control[["share", *AMOUNTS, ANY]].rename({"share": "control"})
    found = pd.DataFrame({"added_share_count": added, "total_count": control["n"]})
    found["hypo_share_count"] = added.cumsum()
    found["added_share_rate"] = added / control["n"]
    found["hypo_share_rate"] = found["hypo_share_count"] / control["n"]
    offering = pd.Series({"control": "control", **REAL})
    found["real_share_rate"] = (arms["share"] / arms["n"])[offering].set_axis(offering.index)
    return found


def _lines(ladders: dict[str, pd.DataFrame]) -> pd.DataFrame:
    """Return the straight lines through the rates at each amount, rates rounded to 3 decimals."""
    rows = {}
    for kind, amounts in (("hypothetical", list(AMOUNTS)), ("real", list(REAL))):
        dollars = [float(amount.removeprefix("$")) for amount in amounts]
        for shown, said in SHOWN.items():
            rates = np.round(ladders[shown].loc[amounts, f"{kind[:4]}_share_rate"], 3)
            line = linregress(dollars, rates)
            rows[f"{kind}, {said}"] = (line.rvalue, line.pvalue, line.intercept, line.slope)
    return pd.DataFrame.from_dict(rows, orient="index", columns=["r", "p", "intercept", "slope"])


def _written_in(data: dl.Microdata) -> pd.DataFrame:
    """Describe the amounts that people wrote: an answer in words is lost."""
    said = data.frame[WRITTEN_IN].astype("string").str.replace(r"[$,]", "", regex=True)
    thousands = said.str.replace("[Kk]$", "000", regex=True)
    amounts = pd.DataFrame({"amount": pd.to_numeric(thousands, errors="coerce")}).dropna()
    tenths = [tenth / 10 for tenth in range(1, 10)]
    written = dl.declare_design(amounts, kind="opt-in")
    deciles = [dl.quantile("amount", tenth) for tenth in tenths]
    found = dl.estimate(
        written, dl.mean("amount"), dl.variance("amount"), *deciles, df="design"
    ).frame
    mean, variance, *deciles = found["estimate"]
    rows = {
        "count": len(amounts),
        "mean": mean,
        "std": np.sqrt(variance),
        "min": amounts["amount"].min(),
    }
    rows |= {f"{tenth:.0%}": decile for tenth, decile in zip(tenths, deciles, strict=True)}
    return pd.DataFrame({"amount": {**rows, "max": amounts["amount"].max()}})
