"""Households victims of violent crime in Chile, 2023 (ENUSC): INE's table by region, to its eight digits.

INE gives each share a logit interval with the degrees of freedom of its own region (units less
strata with rows there), and counts a stratum with a single unit as taken whole.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import diplab as dl
from diplab import wording
from diplab.presentation.charts.dots import Dot

if TYPE_CHECKING:
    from diplab.presentation.charts.chart import PrintedFigure
    from diplab.types import Comparison, Estimates, Inputs, Sample

SURVEY = "chile/enusc-2023"
VICTIM = "VH_DV"
CAPITAL = 13


def _sample(inputs: Inputs) -> Sample:
    return inputs.once("sample", lambda: _declared(inputs))


def _declared(inputs: Inputs) -> Sample:
    columns = [VICTIM, "enc_region", "Fact_Hog_Reg", "VarStrat", "Conglomerado"]
    survey = inputs.read(SURVEY, columns=columns, codebook="study")
    return dl.declare_design(
        survey,
        weights="Fact_Hog_Reg",
        strata="VarStrat",
        psu="Conglomerado",
        lonely_psu="certainty",
    )


def _by_region(inputs: Inputs) -> Estimates:
    return inputs.once(
        "by region",
        lambda: dl.estimate(
            _sample(inputs),
            dl.share(f"{VICTIM} == 1", interval="logit"),
            by="enc_region",
            df="domain",
        ),
    )


def results(inputs: Inputs) -> dict[str, Any]:
    found = _by_region(inputs).frame
    table = found[["estimate", "ci_low", "ci_high"]]
    return {"victimisation": table.set_axis([str(int(region)) for region in found["enc_region"]])}


def figures(inputs: Inputs, _comparison: Comparison) -> dict[str, PrintedFigure]:
    found = _by_region(inputs)
    rows = found.frame.sort_values("estimate", ascending=False).set_index("enc_region")
    labels = found.codebook["enc_region"].values
    victims = dl.share(f"{VICTIM} == 1", interval="logit")
    national = dl.estimate(_sample(inputs), victims, df="design").frame["estimate"].item()
    shares = {
        "national": national,
        "highest": rows.loc[CAPITAL, "estimate"],
        "low": rows.loc[CAPITAL, "ci_low"],
        "high": rows.loc[CAPITAL, "ci_high"],
        "lowest": rows["estimate"].min(),
    }
    said = {name: wording.both(wording.percent, share) for name, share in shares.items()}
    return {
        "regions": dl.chart(
            tuple(
                Dot(labels[region], row["estimate"], row["ci_low"], row["ci_high"])
                for region, row in rows.iterrows()
            ),
            "dots",
            line=national,
            percent=True,
            percent_signs=False,
            decimals=1,
            **inputs.caption("regions", **said),
        )
    }
