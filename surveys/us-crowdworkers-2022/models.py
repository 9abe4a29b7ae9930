"""The logits of the authors: who shares, who holds an opinion on uses of data, who gives up at the prescreen."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd

import diplab as dl

from .answers import AGE, INCOME, OPINIONS, answers, prescreened

if TYPE_CHECKING:
    from diplab.types import Inputs, Regression

PEOPLE = (
    'C(gender, Treatment("Male")) + C(age, Treatment("35 - 54 years")) + C(income, '
    'Treatment("$50,000 - $99,999"))'
    ' + C(edu, Treatment("Bachelor\'s degree")) + C(race, Treatment("White"))'
    ' + C(frequency, Treatment("5 - 10 times per month"))'
)
INCENTIVE = 'C(incentive, Treatment("control"))'
OFFER = f'C(showdata, Treatment("False")) + {INCENTIVE}'
UNGROUPED = PEOPLE.replace(
    'age, Treatment("35 - 54 years")', f'`{AGE}`, Treatment("35 - 44 years")'
).replace('income, Treatment("$50,000 - $99,999")', f'`{INCOME}`, Treatment("$50,000 - $74,999")')
BY_INCOME = f'C(income, Treatment("$50,000 - $99,999")):{INCENTIVE}'
PRINTED = {AGE: "age", INCOME: "income"}
"""Names of the authors for variables of the file."""
PRESCREEN = (
    'C(age, Treatment("35 - 44 years")) + C(Sex, Treatment("Male")) + C(race, Treatment("White"))'
)
PRINTED_OF_PRESCREEN = {"age": "Age", "race": "Race"}


class Model(NamedTuple):
    """A logit of the authors: the cell of their notebook, what it explains, by what, in which answers."""

    cell: str
    outcome: str
    column: str
    terms: str
    data: dl.Microdata
    names: dict[str, str]


def tables(inputs: Inputs) -> dict[str, pd.DataFrame]:
    models = {**_of_sharing(inputs), **_of_opinions(inputs)}
    models["logit_prescreen"] = Model(
        "33", "opt_out", "opt_out", PRESCREEN, prescreened(inputs), PRINTED_OF_PRESCREEN
    )
    fits = {name: _fit(model) for name, model in models.items()}
    found = {name: _coefficients(fit, models[name].names) for name, fit in fits.items()}
    statistics = {
        (models[name].cell, models[name].outcome): _statistics(fit) for name, fit in fits.items()
    }
    return {**found, "logit_statistics": pd.DataFrame(statistics).T}


def _of_sharing(inputs: Inputs) -> dict[str, Model]:
    terms = {
        "logit_main": ("42", f"{OFFER} + {PEOPLE}"),
        "logit_income_by_incentive": ("45", f"{OFFER} + {PEOPLE} + {BY_INCOME}"),
        "logit_ungrouped": ("47", f"{OFFER} + {UNGROUPED}"),
        "logit_ten_arms": ("50", f'C(exp_arm, Treatment("control")) + {PEOPLE}'),
    }
    data = answers(inputs)
    return {
        name: Model(cell, "share", "share", each, data, PRINTED)
        for name, (cell, each) in terms.items()
    }


def _of_opinions(inputs: Inputs) -> dict[str, Model]:
    """Return three models an opinion: any yes against no; sharing crossed with incentives; yes and no alone."""
    models = {}
    for number, question in enumerate(OPINIONS, 1):
        said = answers(inputs).frame[question]
        yes = (
            said.str.contains("Yes").where(said.str.contains("Yes") | (said == "No")).astype(float)
        )
        alone = (said == "Yes").where(said.isin(["Yes", "No"])).astype(float)
        data = answers(inputs).with_columns(yes=yes, yes_alone=alone)
        name, crossed = f"logit_opinion_{number}", f"{INCENTIVE} + share + share:{INCENTIVE}"
        models[name] = Model("89", question, "yes", f"{PEOPLE} + share", data, PRINTED)
        models[f"{name}_by_incentive"] = Model(
            "92", question, "yes", f"{PEOPLE} + {crossed}", data, PRINTED
        )
        if said.str.startswith("Yes if").any():
            models[f"{name}_yes_or_no"] = Model(
                "94", question, "yes_alone", f"{PEOPLE} + share", data, PRINTED
            )
    return models


def _fit(model: Model) -> Regression:
    """Fit a logit by maximum likelihood, with the errors and the normal limits of the authors."""
    sample = dl.declare_design(model.data, kind="opt-in")
    formula = f"{model.column} ~ {model.terms}"
    return dl.regress(sample, formula, family="binomial", variance="model", df="infinity")


def _coefficients(fit: Regression, names: dict[str, str]) -> pd.DataFrame:
    frame = fit.frame
    rows = zip(frame["variable"], frame["category"], strict=True)
    labels = [_label(variable, category, names) for variable, category in rows]
    ratios = dl.effect_ratios(fit).frame
    ends = ["estimate", "ci_low", "ci_high"]
    # the constant is no ratio: the authors print the odds of the reference person in that column
    odds = np.vstack(
        [
            np.exp(frame.loc[frame["variable"] == "intercept", ends].to_numpy(dtype=float)),
            ratios[ends],
        ]
    )
    return pd.DataFrame(
        {
            "coefficient": frame["estimate"].to_numpy(),
            "std_err": frame["std_error"].to_numpy(),
            "z": (frame["estimate"] / frame["std_error"]).to_numpy(),
            "p": frame["p_value"].to_numpy(),
            "ci_low": frame["ci_low"].to_numpy(),
            "ci_high": frame["ci_high"].to_numpy(),
            "b": frame["estimate"].to_numpy(),
            "odds_ratio": odds[:, 0],
            "or_low": odds[:, 1],
            "or_high": odds[:, 2],
            "p_3": frame["p_value"].to_numpy(),
        },
        index=labels,
    )


def _label(variable: str, category: str, names: dict[str, str]) -> str:
    """Return the name of a coefficient as the authors write it: `income=Less than $50,000 x incentive=altruism`."""
    if variable == "intercept":
        return "Intercept"
    variables = variable.split(":")
    codes = iter(category.split(":") if len(variables) > 1 else [category])
    return " x ".join(
        each if each == "share" else f"{names.get(each, each)}={next(codes)}" for each in variables
    )


def _statistics(fit: Regression) -> dict[str, float]:
    found = fit.fit
    return {
        "n": found.n,
        "pseudo_r2": found.pseudo_r2,
        "aic": found.aic,
        "bic": found.bic,
        "log_likelihood": found.log_likelihood,
        "ll_null": found.log_likelihood_null,
        "llr_p": found.lr_p_value,
        "df_model": found.df_model,
        "df_residuals": found.df_residual,
    }
