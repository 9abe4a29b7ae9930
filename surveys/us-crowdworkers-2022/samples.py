"""Who is in the files: sizes, prescreen, the sample against the census, and the weights by age and sex."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from scipy.stats import pearsonr

import diplab as dl
from diplab.types import Result, Sample

from .answers import (
    AGE,
    AGE_GROUPS,
    EDUCATION,
    FREQUENCY,
    GENDER,
    GRADUATE,
    HISPANIC,
    INCOME,
    LAST_QUESTION,
    ORIENTATION,
    RACE,
    STATE,
    answers,
    prescreened,
    sharers,
    survey,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from diplab.types import Inputs

REFUSED = {GENDER: "Prefer not to say", INCOME: "Prefer not to say", EDUCATION: "Prefer not to say",
           ORIENTATION: "prefer not to say"}  # fmt: skip
"""What was printed of refusals, which the codebook declares missing."""
AGES = {"18 - 24 years": (18, 24), "25 - 34 years": (25, 34), "35 - 44 years": (35, 44), "45 - 54 years": (45, 54),
        "55 - 64 years": (55, 64), "65 and older": (65, 100)}  # fmt: skip
SEXES = {"Male": 1, "Female": 2}
BANDS = {
    "Less than $25,000": ("Under $5,000", "$20,000 to $24,999"),
    "$25,000 - $49,999": ("$25,000 to $29,999", "$45,000 to $49,999"),
    "$50,000 - $74,999": ("$50,000 to $54,999", "$70,000 to $74,999"),
    "$75,000 - $99,999": ("$75,000 to $79,999", "$95,000 to $99,999"),
    "$100,000 - $149,999": ("$100,000 to $104,999", "$145,000 to $149,999"),
    "$150,000 or more": ("$150,000 to $154,999", "$200,000 and over"),
}
"""First and last band of the census in each band of the survey."""
BANDS_OF_THE_SOURCE = BANDS | {
    "$50,000 - $74,999": ("$50,000 to $54,999", "$75,000 to $79,999"),
    "$100,000 - $149,999": ("$100,000 to $104,999", "$140,000 to $144,999"),
}
"""The authors' cut: $75,000 to $79,999 counts twice, and $145,000 to $149,999 never."""
DEGREES = {
    "Some high school or less": ("None", "11th grade2"),
    "High school diploma or GED": ("High school graduate3", "Associate's degree, academic"),
    "Bachelor's degree": ("Bachelor's degree", "Bachelor's degree"),
    GRADUATE: ("Master's degree", "Doctoral degree"),
}
CENSUS_RACES = {
    "White or Caucasian": "White",
    "American Indian/Native American or Alaska Native": "American Indian and Alaska Native",
    "Native Hawaiian or Other Pacific Islander": "Native Hawaiian and Other Pacific Islander",
}
SEVERAL = "Two or More Races"


def tables(inputs: Inputs) -> dict[str, pd.DataFrame]:
    sample = survey(inputs)
    counted = {name: _counted(sample, name) for name in (GENDER, INCOME, EDUCATION, ORIENTATION, HISPANIC, RACE,
                                                         FREQUENCY, AGE, STATE)}  # fmt: skip
    people = inputs.read("berke-2024/census-age", codebook=None).frame
    files = {
        name: inputs.read(f"berke-2024/census-{name}", codebook=None).frame
        for name in ("state", "race", "income", "education")
    }
    states, races = (
        _numbers(files[name].set_index(name)["population"]) for name in ("state", "race")
    )
    incomes, degrees = (_numbers(files[name].iloc[0]) for name in ("income", "education"))
    compared = {
        "state": _compared(counted[STATE]["survey_n"].reindex(states.index, fill_value=0), states),
        "age": _compared(counted[AGE]["survey_n"], _by_age(people)),
        "education": _compared(counted[EDUCATION]["survey_n"], _grouped(degrees, DEGREES)),
        "race": _compared(_races(counted[RACE]["survey_n"]), races.drop("TOTAL POPULATION")),
    }
    income, correlated = _income(counted[INCOME]["survey_n"], incomes)
    correlations = {name: _correlation(frame) for name, frame in compared.items()} | {
        "income": correlated
    }
    return {
        "census_state": compared["state"],
        "census_gender": _gender(counted[GENDER]["survey_n"], people),
        "census_age": compared["age"],
        "census_income": income,
        "census_education": compared["education"],
        "census_race": compared["race"],
        "census_correlations": pd.DataFrame.from_dict(correlations, orient="index"),
        "census_counts": _census_counts(people, incomes, degrees, races),
        "sample_composition": pd.concat(counted),
        "sample_sizes": _sizes(inputs),
        "weights": _weights(inputs, people),
        **_prescreen(inputs),
    }


def _sizes(inputs: Inputs) -> pd.DataFrame:
    """Return how many people are in each file of the authors, and in parts of it."""
    shared, screened = sharers(inputs).frame, prescreened(inputs).frame
    modelled = screened[["opt_out", "age", "Sex", "race"]].notna().all(axis=1)
    counts = {
        ("survey.csv", "all"): len(answers(inputs)),
        ("survey.pub.csv", "sharers"): len(shared),
        ("survey.pub.csv", "male or female"): shared["sex"].notna().sum(),
        ("cleaned.csv", "all"): len(screened),
        ("cleaned.csv", "pass"): screened["passed"].sum(),
        ("cleaned.csv", "with an age group"): screened["age"].notna().sum(),
        ("cleaned.csv", "opt out"): screened["opt_out"].sum(),
        ("cleaned.csv", "in the model"): modelled.sum(),
    }
    sizes = pd.DataFrame({"n": pd.Series(counts)})
    return sizes.assign(proportion=sizes["n"] / len(screened))


def _prescreen(inputs: Inputs) -> dict[str, pd.DataFrame]:
    sample = dl.declare_design(prescreened(inputs), kind="opt-in")
    shares = {}
    for name, printed in {
        LAST_QUESTION: LAST_QUESTION,
        "age": "Age",
        "Sex": "Sex",
        "race": "Race",
    }.items():
        found = dl.crosstab(sample, name, df="design").frame.set_index(name)
        shares[printed] = found[["n", "estimate"]].set_axis(["count", "portion"], axis=1)
    last = shares.pop(LAST_QUESTION)
    return {"prescreen_last_question": last, "prescreen_profile": pd.concat(shares)}


def _numbers(said: pd.Series) -> pd.Series:
    """Return counts of the census, whose thousands are parted by commas."""
    return pd.to_numeric(said.astype(str).str.replace(",", ""))


def _counted(sample: Sample, variable: str) -> pd.DataFrame:
    found = dl.crosstab(sample, variable, df="design", na="keep").frame.set_index(variable)
    found = found[["n", "estimate"]].set_axis(["survey_n", "survey_proportion"], axis=1)
    long = next((each for each in found.index if each.startswith(GRADUATE)), GRADUATE)
    return found.rename(index={"missing": REFUSED.get(variable), long: GRADUATE})


def _by_age(people: pd.DataFrame) -> pd.Series:
    everyone = people[people["SEX"] == 0].set_index("AGE")["POPESTIMATE2022"]
    return pd.Series({group: everyone.loc[low:high].sum() for group, (low, high) in AGES.items()})


def _grouped(counts: pd.Series, groups: Mapping[str, tuple[str, str]]) -> pd.Series:
    return pd.Series(
        {group: counts.loc[first:last].sum() for group, (first, last) in groups.items()}
    )


def _races(counts: pd.Series) -> pd.Series:
    """Return people by race of the census: several answers make “Two or More Races”."""
    several = counts.index.str.contains(",")
    return pd.concat(
        [counts[~several].rename(CENSUS_RACES), pd.Series({SEVERAL: counts[several].sum()})]
    )


def _compared(survey_n: pd.Series, census_n: pd.Series) -> pd.DataFrame:
    """Set proportions against each other; the authors round both to 3 decimals before taking differences."""
    found = pd.DataFrame({"survey_n": survey_n, "census_n": census_n})
    shares = np.round(found / found.sum(), 3)
    found["census_proportion"] = shares["census_n"]
    found["survey_proportion"] = shares["survey_n"]
    found["bias"] = shares["survey_n"] - shares["census_n"]
    return found


def _correlation(compared: pd.DataFrame) -> dict[str, float]:
    """Correlate the rounded proportions over the groups that both sides have."""
    both = compared.dropna()
    found = pearsonr(both["survey_proportion"], both["census_proportion"])
    return {"r": found.statistic, "p": found.pvalue}


def _income(survey_n: pd.Series, census: pd.Series) -> tuple[pd.DataFrame, dict[str, Result]]:
    """Return the bands of income against the census, and their correlation: right, and the authors' way."""
    right, theirs = (
        _compared(survey_n, _grouped(census, bands)) for bands in (BANDS, BANDS_OF_THE_SOURCE)
    )
    correlated = {
        name: _corrected(value, _correlation(theirs)[name])
        for name, value in _correlation(right).items()
    }
    cells = {name: list(map(_corrected, right[name], theirs[name])) for name in right}
    return pd.DataFrame(cells, index=right.index), correlated


def _corrected(right: float, theirs: float) -> Result | float:
    """Return a number, and beside it the authors' own where their error changes it."""
    if right == theirs or np.isnan(right):
        return right
    return Result(float(right), printed_way=float(theirs), because="error in the source")


def _gender(survey_n: pd.Series, people: pd.DataFrame) -> pd.DataFrame:
    """Return men and women against adults of the census."""
    adults = people[people["AGE"].between(18, 100)].groupby("SEX")["POPESTIMATE2022"].sum()
    return _compared(
        survey_n[list(SEXES)], pd.Series({name: adults[code] for name, code in SEXES.items()})
    )


def _census_counts(
    people: pd.DataFrame, incomes: pd.Series, degrees: pd.Series, races: pd.Series
) -> pd.DataFrame:
    """Return the counts of the census that were printed; of ages the first and the last five, as pandas shows them."""
    adults = people[(people["SEX"] == 0) & people["AGE"].between(18, 100)].set_index("AGE")[
        "POPESTIMATE2022"
    ]
    ends = pd.concat([adults.head(5), adults.tail(5)]).rename(index=str)
    ages = pd.DataFrame({"age": ends.index.astype(float), "n": ends}).astype(object)
    ages.loc["..."] = "..."
    counts = {"income": incomes, "education": degrees, "race": races}
    return pd.concat({"age": ages, **{name: each.to_frame("n") for name, each in counts.items()}})


def _weights(inputs: Inputs, people: pd.DataFrame) -> pd.DataFrame:
    """Return the weight of each age and sex: census over sample, both proportions rounded to 3 decimals."""
    known = dl.declare_design(sharers(inputs), kind="opt-in").where(
        "sex == 'Male' or sex == 'Female'"
    )
    found = dl.estimate(known, dl.count(), by=["age", "sex"], df="design").frame.set_index(
        ["age", "sex"]
    )
    census = {}
    for parts, group in AGE_GROUPS.items():
        of_age = people[people["AGE"].between(AGES[parts[0]][0], AGES[parts[-1]][1])]
        counts = of_age.groupby("SEX")["POPESTIMATE2022"].sum()
        census |= {(group, sex): counts[code] for sex, code in SEXES.items()}
    compared = _compared(found["estimate"], pd.Series(census))
    compared["census_pct"] = 100 * compared["census_proportion"]
    compared["survey_pct"] = 100 * compared["survey_proportion"]
    compared["weight"] = compared["census_proportion"] / compared["survey_proportion"]
    return compared
