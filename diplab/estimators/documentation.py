"""What the docstrings of statistics share: parameters that mean the same in each, and errors of any of them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Literal, get_args, get_origin

if TYPE_CHECKING:
    from diplab.estimators.call_signature import CallSignature

PARAMETERS = {
    "income": "str\n    Equivalised income, one value per person, in the unit of the line where there is one.",
    "y": "str or list of str\n    Column or expression, in its own unit; a list makes a statistic of each.",
    "fraction": "float\n    Of the median, that makes the poverty line; 0.6 is the European convention.",
    "threshold": """float, Parameter or str, optional
    A fixed line, which has no sampling error: a number, a dated one (`parameter("poverty_threshold_60", 2016)`), or
    the name of a column with the line of each household. Not together with `fraction` or `threshold_on`.""",
    "threshold_on": "{words}\n    Whose median makes the line: everyone under study by default, in all domains.",
    "convention": """{words}
    Whose definitions: the official ones (Eurostat; R's laeken), or those of R's convey or vardpoor.""",
    "nonpositive": """{words}
    Incomes at or below zero: `keep` them as they are, `fail` where there is one, count negative ones as `zero`, or
    `drop` these people.""",
    ("log", "wald"): "{words}\n    On the logarithm, so that it stays above 0; or symmetric, as R's convey.",
    ("logit", "wald"): "{words}\n    On the log-odds, so that it stays between 0 and 1; or symmetric, as R's convey.",
    ("logit", "beta"): "{words}\n    As for `share`: on the log-odds by default, so that it stays within [0, 1].",
}
"""By name, intervals by their first words: the type and the text of a parameter whose docstring leaves it out."""


def documented(text: str, signature: CallSignature) -> str:
    """Return a docstring with the parameters and the errors that it leaves out."""
    head, _, rest = text.partition("Parameters\n----------\n")
    block, _, tail = rest.partition("\n\nReturns\n") if rest else ("", "", "")
    if not rest:
        head, _, tail = text.partition("Returns\n")
    if not tail:
        return text
    texts = re.split(r"\n(?=\S)", block) if block else []
    # with the names that each entry describes
    entries = [(re.findall(r"\w+", text.partition("\n")[0].partition(" : ")[0]), text) for text in texts]
    written: list[str] = []
    for name in signature.parameters:
        entry = next((entry for entry in entries if name in entry[0]), None)
        if entry is None:
            written += _shared(name, signature.types.get(name))
        elif entry[1] not in written:
            written.append(entry[1])
    parameters = "Parameters\n----------\n" + "\n".join(written) + "\n\n" if written else ""
    return _with_errors(f"{head}{parameters}Returns\n{tail}", signature.types)


def _shared(name: str, type_of: Any) -> list[str]:
    words = get_args(type_of) if get_origin(type_of) is Literal else ()
    text = PARAMETERS.get(words[:2] if name == "interval" else name)
    vocabulary = "{" + ", ".join(f'"{word}"' for word in words) + "}"
    return [f"{name} : {text.replace('{words}', vocabulary)}"] if text else []


def _with_errors(text: str, types: Mapping[str, Any]) -> str:
    if "Raises\n------" in text or "\nExamples\n" not in text:
        return text
    errors = []
    if any(get_origin(each) is Literal for each in types.values()):
        errors.append("OptionError\n    Where an option is not one of its words, or outside its limits.")
    if "nonpositive" in types:
        errors.append("MisleadingError\n    When it is estimated: where an income has no value, or is refused.")
    errors.append(
        "ColumnError, ConditionError\n    When it is estimated: where a column does not exist or holds words."
    )
    return text.replace("\nExamples\n", "\nRaises\n------\n" + "\n".join(errors) + "\n\nExamples\n", 1)
