"""Verbs one after another: reasons are those of a recount, steps grow by one, and what went in stays as it was."""

from __future__ import annotations

import copy
import math
from typing import Any

import numpy as np
import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

import diplab as dl
from diplab.errors import DiplabError
from diplab.microdata.merge import merge
from diplab.microdata.missing import MissingCodes, count_reasons
from diplab.microdata.variable import MissingRange, Variable

DECLARED = (95, 98, 99)


def recounted(data: dl.Microdata) -> dict[str, dict[str, int]]:
    found: dict[str, dict[str, int]] = {}
    for name in data.frame.columns:
        codes = data.missing.get(name)
        variable = data.codebook.variables.get(name, Variable(name))
        for row in np.flatnonzero(data.frame[name].isna().to_numpy()).tolist():
            code = (
                None if codes is None or codes.places[row] < 0 else codes.codes[codes.places[row]]
            )
            why = "system" if code is None else variable.why(code) or str(code)
            counts = found.setdefault(name, {})
            counts[why] = counts.get(why, 0) + 1
    return found


@st.composite
def surveys(draw: st.DrawFn) -> dl.Microdata:
    raw = np.array(
        draw(
            st.lists(
                st.sampled_from([1.0, 2.0, 3.0, 95.0, 98.0, 99.0, np.nan]), min_size=1, max_size=9
            )
        )
    )
    gone = np.isin(raw, DECLARED)
    frame = pd.DataFrame({"x": np.where(gone, np.nan, raw), "key": np.arange(len(raw))})
    labels = {
        1: dl.Text.same("one"),
        **({98: dl.Text.same("refused")} if draw(st.booleans()) else {}),
    }
    book = dl.Codebook().described(
        "x",
        values=labels,
        missing={98: "refused", 99: ""},
        missing_ranges=(MissingRange(94, 96, "range"),),
    )
    missing = (
        {"x": MissingCodes(DECLARED, np.where(gone, np.searchsorted(DECLARED, raw), -1))}
        if gone.any()
        else {}
    )
    return dl.Microdata(frame, count_reasons(frame, book, missing), missing)


def applied(data: dl.Microdata, verb: str, at: int, chance: Any) -> dl.Microdata:
    rows = len(data)
    if verb == "exclude":
        return data.exclude(np.array([chance.random() < 0.4 for _ in range(rows)]), "drawn")
    if verb == "recode":
        rules = {1: chance.choice([None, 5, 2, -1]), 98: chance.choice([7, None])}
        return data.recode(
            "x", rules, into=chance.choice([None, f"z{at}"]), others=chance.choice(["keep", "drop"])
        )
    if verb == "bands":
        return data.recode(
            "x", bands=[-math.inf, 2, 3], others="drop", into=chance.choice([None, f"b{at}"])
        )
    if verb == "replace":
        return data.with_columns(x=np.where(np.arange(rows) % 2 == 0, np.nan, 1.0))
    if verb == "join":
        keys = pd.DataFrame({"key": range(0, 20, 2), "j": [np.nan, 1.0] * 5})
        gone = {"j": MissingCodes((9,), np.array([0, -1] * 5))}
        other = dl.Microdata(keys, dl.Codebook().described("j", missing={9: "gone"}), gone)
        return data.join(other, on="key", unmatched="keep", suffix=f"_{at}")
    if verb == "merge":
        return merge({"a": data, "b": data}, into=f"wave{at}")
    return data.with_reasons("x", into=f"r{at}")


VERBS = ("exclude", "recode", "bands", "replace", "join", "merge", "reasons")


@given(
    surveys(),
    st.lists(st.sampled_from(VERBS), min_size=1, max_size=4),
    st.randoms(use_true_random=False),
)
@settings(max_examples=50, deadline=None)
def test_reasons_are_those_of_a_recount(data: dl.Microdata, verbs: list[str], chance: Any) -> None:
    for at, verb in enumerate(verbs):
        frame, book = data.frame.copy(deep=True), copy.deepcopy(data.codebook)
        places = {name: codes.places.copy() for name, codes in data.missing.items()}
        try:
            after = applied(data, verb, at, chance)
        except DiplabError:  # a rule names an answer that is no more, everybody is left out
            continue
        finally:
            pd.testing.assert_frame_equal(data.frame, frame)
            assert data.codebook == book
            assert all((data.missing[name].places == each).all() for name, each in places.items())
        assert {name: dict(each) for name, each in after.codebook.reasons.items()} == recounted(
            after
        )
        if verb not in ("merge", "replace"):
            assert len(after.codebook.steps) == len(data.codebook.steps) + 1
        for name, why in after.codebook.reasons.items():
            counts = after.missing(name).frame.set_index("category")["count"].drop("answered")
            assert counts.to_dict() == {reason: float(count) for reason, count in why.items()}
        data = after


def test_reasons_of_columns() -> None:
    book = dl.Codebook(reasons={"pay": {"refused": 1}}).described("pay", missing={99: "refused"})
    refused = {"pay": MissingCodes((99,), np.array([-1, 0]))}
    data = dl.Microdata(pd.DataFrame({"pay": [5.0, np.nan]}), book, refused)
    assert data.with_columns(pay=[np.nan, 4.0]).codebook.reasons == {"pay": {"system": 1}}
    assert data.with_columns(pay=[5.0, 4.0]).codebook.reasons == {}
    assert data.with_columns(other=[1, 2]).codebook.reasons == {"pay": {"refused": 1}}
    data = dl.Microdata(
        pd.DataFrame({"pay": [5.0, np.nan, np.nan]}),
        dl.Codebook(),
        {"pay": MissingCodes((99,), np.array([-1, 0, -1]))},
    )
    kept = data.exclude([True, False, False], "no pay")
    assert kept.codebook.reasons == {"pay": {"99": 1, "system": 1}}
