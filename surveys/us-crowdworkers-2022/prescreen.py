"""The prescreen: who saw its last question, who gave up there."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import pandas as pd

import diplab as dl

if TYPE_CHECKING:
    from diplab.types import Inputs

LAST, ETHNICITY = "Q-followup-study", "Ethnicity simplified"
OPTED_OUT = "I am not interested in participating"
AGES = {range(18, 25): "18 - 24 years", range(25, 35): "25 - 34 years", range(35, 45): "35 - 44 years",
        range(45, 55): "45 - 54 years", range(55, 65): "55 - 64 years", range(65, 101): "65 and older"}  # fmt: skip
RACES = {"White": "White", "Asian": "Asian", "Black": "Black", ("Mixed", "Other"): "Other or mixed"}


def prescreened(inputs: Inputs) -> dl.Microdata:
    """Return everyone screened, with age groups and races of the authors; ages outside 18 to 100 are missing."""
    return inputs.once("prescreened", partial(_prescreened, inputs))


def _prescreened(inputs: Inputs) -> dl.Microdata:
    columns = ["Age", "Sex", ETHNICITY, LAST, "PASS_PRESCREEN"]
    data = inputs.read("berke-2024/prescreen", columns=columns)
    last = data.frame[LAST]
    opt_out = (last == OPTED_OUT).astype(float).where(last.notna())
    data = data.with_columns(opt_out=opt_out, passed=data.frame["PASS_PRESCREEN"].notna())
    data = data.recode("Age", AGES, into="age", others="missing")
    return data.recode(ETHNICITY, RACES, into="race")


def counts(inputs: Inputs) -> dict[str, int]:
    """Return how many were screened, passed, have an age group, gave up at the end, and are in the model."""
    frame = prescreened(inputs).frame
    return {
        "all": len(frame),
        "pass": int(frame["passed"].sum()),
        "with an age group": int(frame["age"].notna().sum()),
        "opt out": int(frame["opt_out"].sum()),
        "in the model": int(frame[["opt_out", "age", "Sex", "race"]].notna().all(axis=1).sum()),
    }


def tables(inputs: Inputs) -> dict[str, pd.DataFrame]:
    sample = dl.declare_design(prescreened(inputs), kind="opt-in")
    shares = {}
    for name, printed in {LAST: LAST, "age": "Age", "Sex": "Sex", "race": "Race"}.items():
        found = dl.crosstab(sample, name, df="design").frame.set_index(name)
        shares[printed] = found[["n", "estimate"]].set_axis(["count", "portion"], axis=1)
    last = shares.pop(LAST)
    return {"prescreen_last_question": last, "prescreen_profile": pd.concat(shares)}
