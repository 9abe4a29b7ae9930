"""What `help` shows of the verbs of a file."""

from __future__ import annotations

import inspect

import pytest

from diplab.microdata.codebook import Codebook
from diplab.microdata.microdata import Microdata
from diplab.microdata.missing import MissingAnswers

METHODS = [getattr(Microdata, name) for name in dir(Microdata) if not name.startswith("_")]
VERBS = [*filter(callable, METHODS), MissingAnswers.__call__, Codebook.look_for]


@pytest.mark.parametrize("verb", VERBS, ids=lambda verb: verb.__name__)
def test_each_parameter_of_a_verb_is_explained(verb: object) -> None:
    text = inspect.getdoc(verb) or ""
    parameters = [
        f"{(each.kind.description == 'variadic keyword' and '**') or ''}{name}"
        for name, each in inspect.signature(verb).parameters.items()  # type: ignore[arg-type]
        if name not in ("self", "data", "codebook", "rules")
    ]
    lines = [line.split(" :")[0] for line in text.splitlines() if " : " in line]
    explained = {each.strip(" *") for line in lines for each in line.split(",")}
    assert {each.strip("*") for each in parameters} <= explained
    assert "data : Microdata" not in text
