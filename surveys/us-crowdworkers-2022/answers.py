"""The answers to the survey and to its prescreen, recoded as the authors did before their rates and models."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import diplab as dl

if TYPE_CHECKING:
    from diplab.types import Inputs, Sample

AGE, EDUCATION, GENDER = "q-demos-age", "Q-demos-education", "Q-demos-gender"
INCOME, RACE, STATE = "Q-demos-income", "Q-demos-race", "Q-demos-state"
ORIENTATION, HISPANIC, FREQUENCY = (
    "Q-sexual-orientation",
    "Q-demos-hispanic",
    "Q-amazon-use-how-oft",
)

ARMS = ("control", "bonus-05", "bonus-20", "bonus-50", "altruism")
AMOUNTS = {"$0.05": "Q-data-value-05", "$0.20": "Q-data-value-20", "$0.50": "Q-data-value-50",
           "$1.00": "Q-data-value-100"}  # fmt: skip
"""The amounts that people who declined were asked about next, in this order."""
ANY, ANY_AMOUNT, WRITTEN_IN = "any $X", "Q-data-value-any", "Q-data-value-any_1_TEXT"
NOT_FOR_ANY = "I would not consent to share my data for any amount."
OPINIONS = (
    "Q-sell-YOUR-data",
    "Q-sell-consumer-data",
    "Q-small-biz-use",
    "Q-census-use",
    "Q-research-society",
)

AGE_GROUPS = {
    ("18 - 24 years", "25 - 34 years"): "18 - 34 years",
    ("35 - 44 years", "45 - 54 years"): "35 - 54 years",
    ("55 - 64 years", "65 and older"): "55 and older",
}
INCOME_GROUPS = {
    ("Less than $25,000", "$25,000 - $49,999"): "Less than $50,000",
    ("$50,000 - $74,999", "$75,000 - $99,999"): "$50,000 - $99,999",
    ("$100,000 - $149,999", "$150,000 or more"): "$100,000 or more",
}
GRADUATE = "Graduate or professional degree"
EDUCATION_GROUPS = {
    ("Some high school or less", "High school diploma or GED"): "High school or GED or less",
    "Bachelor's degree": "Bachelor's degree",
    f"{GRADUATE} (MA, MS, MBA, PhD, JD, MD, DDS, etc)": GRADUATE,
}
RACES = {"White or Caucasian": "White", "Asian": "Asian", "Black or African American": "Black"}
OTHER_RACE = "Other or mixed"

LAST_QUESTION, ETHNICITY = "Q-followup-study", "Ethnicity simplified"
OPTED_OUT = "I am not interested in participating"
SCREENED_AGES = {range(18, 25): "18 - 24 years", range(25, 35): "25 - 34 years", range(35, 45): "35 - 44 years",
                 range(45, 55): "45 - 54 years", range(55, 65): "55 - 64 years",
                 range(65, 101): "65 and older"}  # fmt: skip
SCREENED_RACES = {
    "White": "White",
    "Asian": "Asian",
    "Black": "Black",
    ("Mixed", "Other"): OTHER_RACE,
}


def survey(inputs: Inputs) -> Sample:
    """Return everyone who answered the survey: volunteers, no weight, no design."""
    return dl.declare_design(answers(inputs), kind="opt-in")


def answers(inputs: Inputs) -> dl.Microdata:
    """Return the answers of everyone, and the variables of the models."""
    return inputs.once("answers", partial(_answers, inputs))


def _answers(inputs: Inputs) -> dl.Microdata:
    columns = [AGE, EDUCATION, GENDER, INCOME, RACE, STATE, ORIENTATION, HISPANIC, FREQUENCY, "incentive",
               "showdata", *(f"Q-{arm}" for arm in ARMS), *AMOUNTS.values(), ANY_AMOUNT, WRITTEN_IN, *OPINIONS,
               "ResponseId"]  # fmt: skip
    data = inputs.read("berke-2024/survey", columns=columns)
    arms = data.codebook["showdata"].values
    words = {"True": arms["true"], "False": arms["false"]}
    data = data.recode("showdata", {"true": "True", "false": "False"}, labels=words)
    frame = data.frame
    # whoever was offered an incentive answered the question named after it
    consents = [
        (frame["incentive"] == arm)
        & frame[f"Q-{arm}"].str.contains("consent", case=False, na=False)
        for arm in ARMS
    ]
    shown = frame["showdata"].map({"True": ":showdata", "False": ""})
    more = {amount: frame[question] == "Yes" for amount, question in AMOUNTS.items()}
    more[ANY] = frame[ANY_AMOUNT].notna() & (frame[ANY_AMOUNT] != NOT_FOR_ANY)
    data = data.with_columns(
        share=sum(consents).astype(int),
        exp_arm=frame["incentive"] + shown,
        frequency=frame[FREQUENCY],
        **more,
    )
    several = tuple(sorted(set(frame[RACE]) - set(RACES)))
    for name, rules, into in (
        (AGE, AGE_GROUPS, "age"),
        (INCOME, INCOME_GROUPS, "income"),
        (EDUCATION, EDUCATION_GROUPS, "edu"),
        (RACE, {**RACES, several: OTHER_RACE}, "race"),
        (GENDER, {"Male": "Male", "Female": "Female", "Other": None}, "gender"),
    ):
        data = data.recode(name, rules, into=into)
    return data


def sharers(inputs: Inputs) -> dl.Microdata:
    """Return those who shared, as their own file has them; its columns have other names."""
    return inputs.once("sharers", partial(_sharers, inputs))


def _sharers(inputs: Inputs) -> dl.Microdata:
    columns = ["Survey ResponseID", "Q-demos-age", GENDER]
    data = inputs.read("berke-2024/survey-pub", columns=columns)
    data = data.recode("Q-demos-age", AGE_GROUPS, into="age")
    return data.recode(GENDER, {"Male": "Male", "Female": "Female", "Other": None}, into="sex")


def prescreened(inputs: Inputs) -> dl.Microdata:
    """Return everyone screened, with age groups and races of the authors; ages outside 18 to 100 are missing."""
    return inputs.once("prescreened", partial(_prescreened, inputs))


def _prescreened(inputs: Inputs) -> dl.Microdata:
    columns = ["Age", "Sex", ETHNICITY, LAST_QUESTION, "PASS_PRESCREEN"]
    data = inputs.read("berke-2024/prescreen", columns=columns)
    last = data.frame[LAST_QUESTION]
    opt_out = (last == OPTED_OUT).astype(float).where(last.notna())
    data = data.with_columns(opt_out=opt_out, passed=data.frame["PASS_PRESCREEN"].notna())
    data = data.recode("Age", SCREENED_AGES, into="age", others="drop")
    return data.recode(ETHNICITY, SCREENED_RACES, into="race")
