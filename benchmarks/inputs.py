"""Does any number notice? Each input of each study is disturbed in turn, and at least one verdict must change.

    python benchmarks/inputs.py [STUDY...]

Inputs are the columns of data files, the parameters of reference and the assumptions of a study, whether it takes them
or only declares them. Amounts are multiplied by 1.5, in all rows, then in every fifth one, as the first leaves shares
alone; codes are shifted to the next one in every fifth row, then in all, as the first may part what belongs together
(a single code is emptied instead); parameters and assumptions are multiplied by 1.5, or made 1 where they are 0. An input is noticed where some number is
no longer as expected; where none is, but the study refuses it or breaks down, the table says so. Any other input is
either justified in `benchmarks/inputs.toml` or a fault: a number that should rest on it does not.
"""

from __future__ import annotations

import sys
import tempfile
import time
import tomllib
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
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
    from collections.abc import Callable, Iterator

    from diplab.replication.study import Study

    Disturb = Callable[[str, str, Any], Any]

AMOUNT = 20
"""A column of numbers with more distinct values than this may be an amount; any other holds codes."""
NOTICED, REFUSED, BROKEN, SILENT = "noticed", "refused", "broken", "silent"


class Input(NamedTuple):
    """One input of a study: its kind (`column`, `file`, `parameter`, `assumption`), its name; of a column, its file."""

    kind: str
    name: str
    file: str = ""

    def __str__(self) -> str:
        return f"{self.file}:{self.name}" if self.file else self.name


class Found(NamedTuple):
    """What disturbing the inputs of a study did: the outcome of each, and the seconds of the processor it took."""

    outcomes: dict[Input, str]
    seconds: float


def justified() -> dict[str, dict[str, str]]:
    """Return the inputs that change no verdict, by study, each with the reason."""
    return tomllib.loads((Path(__file__).parent / "inputs.toml").read_text(encoding="utf-8"))


def unexpected(study: Study, disturb: Disturb | None = None) -> list[str]:
    """Return the numbers of a study, rerun with disturbed inputs, whose verdict is not the expected one."""
    with tempfile.TemporaryDirectory() as scratch:
        verdicts = rerun_numbers(study, Path(scratch), disturb)
    return [row.key for row in study.published if verdicts[row.key] != row.expected]


def inputs_of(study: Study) -> list[Input]:
    """Return the inputs of a study in the order in which it takes them; those that it only declares come last."""
    found: dict[Input, None] = {}
    files = set()

    def seen(kind: str, name: str, value: Any) -> Any:
        if kind == "file":
            files.add(name)
            found.update(dict.fromkeys(Input("column", str(column), name) for column in value.frame))
        else:
            found[Input(kind, name)] = None
        return value

    wrong = unexpected(study, seen)
    if wrong:
        raise SystemExit(f"{study.id}: not as expected before anything is disturbed: {', '.join(wrong)}")
    declared = [Input("assumption", name) for name in study.assumptions]
    declared += [Input("file", name) for name in (*study.data, *study.files) if name not in files]
    return list(found | dict.fromkeys(declared))


def disturbances(wanted: Input) -> Iterator[Disturb]:
    """Yield the ways in which an input is disturbed, each as a function of what a study takes."""
    if wanted.kind == "column":
        for change, every in ((_multiplied, 1), (_multiplied, 5), (_shifted, 5), (_shifted, 1)):
            yield partial(_disturbed, wanted, partial(change, every=every))
    else:
        yield partial(_disturbed, wanted, lambda value: 1.5 * value or 1.0)


def _disturbed(wanted: Input, change: Callable[[Any], Any], kind: str, name: str, value: Any) -> Any:
    """Return what a study takes, changed if it is the wanted input."""
    if wanted.kind == "column" and kind == "file" and name == wanted.file and wanted.name in value.frame:
        return replace(value, frame=value.frame.assign(**{wanted.name: change(value.frame[wanted.name])}))
    if (kind, name) != (wanted.kind, wanted.name):
        return value
    return change(value) if kind == "assumption" else replace(value, value=change(value.value))


def _multiplied(column: pd.Series, every: int) -> pd.Series:
    """Return a column with its amounts multiplied by 1.5 in some rows; a column of codes as it is."""
    numeric = pd.api.types.is_numeric_dtype(column) and not pd.api.types.is_bool_dtype(column)
    if not numeric or column.nunique() <= AMOUNT:
        return column
    return column.where(np.arange(len(column)) % every != 0, column * 1.5)


def _shifted(column: pd.Series, every: int) -> pd.Series:
    """Return a column with the next code in some of the rows that have one; none there if all have the same."""
    rows = column.notna() & (column.notna().cumsum() % every == 0)
    codes = sorted(column.dropna().unique().tolist(), key=lambda code: (str(type(code)), code))
    if len(codes) == 1:
        return column.where(~rows)
    following = dict(zip(codes, [*codes[1:], *codes[:1]], strict=True))
    return column.where(~rows, column.map(following))


def outcome(study: Study, wanted: Input) -> str:
    """Return what disturbing an input does: a number that notices goes before a refusal, and that before an error."""
    found = {SILENT}
    for disturb in disturbances(wanted):
        try:
            if unexpected(study, disturb):
                return NOTICED
        except DiplabError as error:
            # what the study's own code raises by mistake is the cause of the error that says so
            found.add(BROKEN if error.__cause__ else REFUSED)
    return next(each for each in (REFUSED, BROKEN, SILENT) if each in found)


@contextmanager
def files_read_once() -> Iterator[None]:
    """Keep what is read from each file: disturbing makes copies."""
    kept: dict[str, Any] = {}
    read = reading.read

    def once(source: Any, **options: Any) -> Any:
        key = repr((source, sorted(options.items())))
        if key not in kept:
            kept[key] = read(source, **options)
        return kept[key]

    reading.read = once
    try:
        yield
    finally:
        reading.read = read


def examine(name: str) -> Found:
    """Disturb each input of a study."""
    study, start = find_study(name), time.process_time()
    outcomes = {}
    with files_read_once():
        for each in inputs_of(study):
            outcomes[each] = outcome(study, each)
            print(f"{name}: {each}: {outcomes[each]}", file=sys.stderr, flush=True)
        if unexpected(study):
            raise SystemExit(f"{name}: its code changes what it reads")
    return Found(outcomes, time.process_time() - start)


def main(names: list[str]) -> int:
    allowed, wrong = justified(), 0
    heads = ("Study", "Inputs", "Noticed", "Refused", "Error", "Justified", "Not noticed", "Seconds")
    print(f"| {' | '.join(heads)} |\n| :--- |{' ---: |' * 5} :--- | ---: |", flush=True)
    names = names or list(find_studies())
    with ProcessPoolExecutor(2) as processes:
        for name, found in zip(names, processes.map(examine, names), strict=True):
            by = {
                kind: [str(each) for each, said in found.outcomes.items() if said == kind]
                for kind in (NOTICED, REFUSED, BROKEN, SILENT)
            }
            excused = [each for each in by[SILENT] if each in allowed.get(name, {})]
            silent = [each for each in by[SILENT] if each not in excused]
            stale = [f"{each} (justified in vain)" for each in allowed.get(name, {}) if each not in excused]
            wrong += len(silent) + len(stale)
            counts = (len(found.outcomes), *(len(by[kind]) for kind in (NOTICED, REFUSED, BROKEN)), len(excused))
            faults = ", ".join(silent + stale) or "–"
            print(f"| `{name}` | {' | '.join(map(str, counts))} | {faults} | {found.seconds:.0f} |", flush=True)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
