"""Does any number notice? Each input of each study is disturbed in turn, and at least one verdict must change.

    python benchmarks/inputs.py [STUDY...]

Inputs are the columns of data files, the parameters of reference and the assumptions that a study takes. Codes are
shifted to the next one in every fifth row; amounts are multiplied by 1.5, in all rows and then in every fifth one, as
the first leaves shares alone; parameters and assumptions are multiplied by 1.5. An input whose disturbance changes no
verdict is either justified in `benchmarks/inputs.toml` or a fault: a number that should rest on it does not.
"""

from __future__ import annotations

import functools
import sys
import tempfile
import tomllib
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pandas as pd

from diplab.errors import DiplabError
from diplab.loaders import read as reading
from diplab.replication.registry import find_studies
from diplab.replication.registry import study as find_study
from diplab.replication.rerun import rerun_numbers

if TYPE_CHECKING:
    from collections.abc import Iterator

    from diplab.replication.study import Study

AMOUNT = 20
"""A column of numbers with more distinct values than this is an amount; any other holds codes."""


class Input(NamedTuple):
    """One input of a study: its kind (`column`, `parameter`, `assumption`) and its name; of a column, its file too."""

    kind: str
    name: str
    file: str = ""

    def __str__(self) -> str:
        return f"{self.file}:{self.name}" if self.file else self.name


def justified() -> dict[str, dict[str, str]]:
    """Return the inputs that change no verdict, by study, each with the reason."""
    return tomllib.loads((Path(__file__).parent / "inputs.toml").read_text(encoding="utf-8"))


def numbers(study: Study, disturb: Any) -> dict[str, str]:
    """Return the verdict of each number of a study, rerun with disturbed inputs."""
    with tempfile.TemporaryDirectory() as scratch:
        return rerun_numbers(study, Path(scratch), disturb)


def inputs_of(study: Study) -> list[Input]:
    """Return the inputs that a study takes, in the order in which it takes them."""
    found: dict[Input, None] = {}

    def seen(kind: str, name: str, value: Any) -> Any:
        if kind == "file":
            found.update(dict.fromkeys(Input("column", str(column), name) for column in value.frame))
        else:
            found[Input(kind, name)] = None
        return value

    numbers(study, seen)
    return list(found)


def disturbances(wanted: Input) -> Iterator[Any]:
    """Yield the ways in which an input is disturbed, each as a function of what a study takes."""
    for every in (1, 5):

        def disturbed(kind: str, name: str, value: Any, every: int = every) -> Any:
            if wanted.kind == "column" and kind == "file" and name == wanted.file:
                if wanted.name not in value.frame:
                    return value
                return replace(
                    value, frame=value.frame.assign(**{wanted.name: _column(value.frame[wanted.name], every)})
                )
            if kind != wanted.kind or name != wanted.name:
                return value
            return value * 1.5 if kind == "assumption" else replace(value, value=value.value * 1.5)

        yield disturbed
        if wanted.kind != "column":
            return


def _column(column: pd.Series, every: int) -> pd.Series:
    """Return a column with its amounts multiplied by 1.5, or its codes shifted to the next one."""
    rows = np.arange(len(column)) % every == 0
    numeric = pd.api.types.is_numeric_dtype(column) and not pd.api.types.is_bool_dtype(column)
    if numeric and column.nunique() > AMOUNT:
        return column.where(~rows, column * 1.5)
    rows = np.arange(len(column)) % 5 == 0
    codes = column.dropna().unique().tolist()
    if all(isinstance(code, int | float | str | bool) for code in codes):
        codes.sort(key=lambda code: (str(type(code)), code))
    following = dict(zip(codes, [*codes[1:], *codes[:1]], strict=True))
    return column.where(~rows | column.isna(), column.map(following))


def notices(study: Study, wanted: Input, before: dict[str, str]) -> bool:
    """Whether some number gets another verdict when an input is disturbed, or the study refuses it."""
    for disturb in disturbances(wanted):
        try:
            if numbers(study, disturb) != before:
                return True
        except DiplabError:
            return True
    return False


def main(names: list[str]) -> int:
    reading.read = functools.cache(reading.read)  # type: ignore[assignment]
    allowed, silent = justified(), 0
    print("| Study | Inputs | Noticed | Justified | Not noticed |\n| :--- | ---: | ---: | ---: | :--- |")
    for name in names or list(find_studies()):
        study = find_study(name)
        before = numbers(study, None)
        found = inputs_of(study)
        unseen = [str(each) for each in found if not notices(study, each, before)]
        excused = [each for each in unseen if each in allowed.get(name, {})]
        wrong = [each for each in unseen if each not in excused]
        silent += len(wrong)
        print(
            f"| `{name}` | {len(found)} | {len(found) - len(unseen)} | {len(excused)} | {', '.join(wrong) or '–'} |"
        )
        sys.stdout.flush()
    return 1 if silent else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
