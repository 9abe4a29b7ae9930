"""Households victims of violent crime in Chile, 2023 (ENUSC): INE's table by region, to its eight digits.

INE gives each share a logit interval with the degrees of freedom of its own region (units less strata with rows there),
and counts a stratum with a single unit as taken whole.
"""

from __future__ import annotations

import tomllib
from typing import TYPE_CHECKING, Any

import diplab as dl
from diplab.presentation.charts.dots import Dot, Dots

if TYPE_CHECKING:
    from collections.abc import Mapping

    from diplab.types import Comparison, Estimates

SURVEY = "chile/enusc-2023"
VICTIM = "VH_DV"
CAPITAL = 13
LANGUAGES = ("fr", "en")


def _sample(inputs: dl.Inputs) -> dl.Sample:
    return inputs.once("sample", lambda: _declared(inputs))


def _declared(inputs: dl.Inputs) -> dl.Sample:
    columns = [VICTIM, "enc_region", "Fact_Hog_Reg", "VarStrat", "Conglomerado"]
    survey = inputs.read(SURVEY, columns=columns, codebook="study")
    return dl.declare_design(
        survey, weights="Fact_Hog_Reg", strata="VarStrat", psu="Conglomerado", lonely_psu="certainty"
    )


def _by_region(inputs: dl.Inputs) -> Estimates:
    return inputs.once(
        "by region",
        lambda: dl.estimate(
            _sample(inputs), dl.share(f"{VICTIM} == 1", interval="logit"), by="enc_region", df="domain"
        ),
    )


def results(inputs: dl.Inputs) -> dict[str, Any]:
    found = _by_region(inputs).frame
    table = found[["estimate", "ci_low", "ci_high"]]
    return {"victimisation": table.set_axis([str(int(region)) for region in found["enc_region"]])}


def figures(inputs: dl.Inputs, _comparison: Comparison) -> dict[str, Dots]:
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
    return {
        "regions": Dots(
            rows=tuple(
                Dot(labels[region], row["estimate"], row["ci_low"], row["ci_high"])
                for region, row in rows.iterrows()
            ),
            line=national,
            percent=True,
            decimals=1,
            **_caption(inputs, "regions", **{name: _percent(share) for name, share in shares.items()}),
        )
    }


def _caption(inputs: dl.Inputs, figure: str, **numbers: dl.Text) -> dict[str, Any]:
    """Return the words around a figure, from `words.toml`, with its numbers in them."""
    words = tomllib.loads((inputs.study.folder / "words.toml").read_text(encoding="utf-8"))

    def text(said: Mapping[str, str]) -> dl.Text:
        return dl.Text.of(
            {
                each: said[each].format(**{name: word.in_(each) for name, word in numbers.items()})
                for each in LANGUAGES
            }
        )

    own = {name: text(said) for name, said in words[figure].items()}
    around = {name: own.pop(name) for name in ("reading", "note", "coverage") if name in own}
    if "line" in own:
        own["line_label"] = own.pop("line")
    return own | {"notes": dl.Notes(source=text(words["source"]), **around)}


def _percent(share: float) -> dl.Text:
    return dl.Text.of({each: dl.wording.percent(share, each, 1) for each in LANGUAGES})
