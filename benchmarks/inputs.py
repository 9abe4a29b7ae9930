"""Does any number notice? Each input of each study is disturbed in turn, and at least one verdict must change.

    python benchmarks/inputs.py [STUDY...]

Inputs are the columns of data files, the parameters of reference and the assumptions of a study,
whether it takes them or only declares them. Amounts are multiplied by 1.5, in every fifth row, then
in all, which leaves shares alone; codes are shifted to the next one in every fifth row, then in
all, as the first may part what belongs together, then far off, as the next date is the same day;
where only who has an answer counts, every fifth row is emptied, or every fifth empty row filled.
Parameters and assumptions are multiplied by 1.5, then divided by it, as a number to which a claim
only sets a limit may move one way and stay within; assumptions are put at either end of their range
as well.

An input is noticed where some number is no longer as expected; where none is, but the study refuses
it or breaks down, the table says so. Any other input is either justified in
`benchmarks/inputs.toml` or a fault: a number that should rest on it does not.
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
from unittest import mock

import numpy as np
import pandas as pd

from diplab.errors import DiplabError
from diplab.loaders import read as reading
from diplab.replication.registry import find_studies
from diplab.replication.registry import study as find_study
from diplab.replication.rerun import rerun_numbers
from diplab.replication.study import Inputs

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from diplab.replication.study import Study

    Disturb = Callable[[str, str, Any], Any]

AMOUNT = 20
"""A column of numbers with more distinct values than this, or with one, may be an amount; any other holds codes."""
NOTICED, REFUSED, BROKEN, SILENT = "noticed", "refused", "broken", "silent"


class Input(NamedTuple):
    """One input: `amounts` or `codes` of a column, a `file`, a `parameter` or an `assumption`; its name; its file."""

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


def inputs_of(study: Study, memory: Memory) -> list[Input]:
    """Return the inputs of a study in the order in which it takes them; those that it only declares come last."""
    found: dict[Input, None] = {}
    files = set()

    def seen(kind: str, name: str, value: Any) -> Any:
        if kind == "file":
            files.add(name)
            taken = [Input(_kind(value.frame[column]), str(column), name) for column in value.frame]
        else:
            taken = [Input(kind, name)]
        found.update(dict.fromkeys(taken))
        memory.take(taken)
        return value

    wrong = unexpected(study, seen)
    if wrong:
        raise SystemExit(
            f"{study.id}: not as expected before anything is disturbed: {', '.join(wrong)}"
        )
    declared = [Input("assumption", name) for name in study.assumptions]
    declared += [Input("file", name) for name in (*study.data, *study.files) if name not in files]
    return list(found | dict.fromkeys(declared))


def _kind(column: pd.Series) -> str:
    numeric = pd.api.types.is_numeric_dtype(column) and not pd.api.types.is_bool_dtype(column)
    return "amounts" if numeric and not 1 < column.nunique() <= AMOUNT else "codes"


def disturbances(study: Study, wanted: Input) -> Iterator[Disturb]:
    """Yield the ways in which an input is disturbed, each as a function of what a study takes."""
    if wanted.file:
        # what looks like amounts may be numbers of units or of strata
        amounts = [(_multiplied, 5), (_multiplied, 1)] if wanted.kind == "amounts" else []
        codes = [(_shifted, 5), (_shifted, 1), (_moved_far, 5), (_emptied, 5), (_filled, 5)]
        for change, every in (*amounts, *codes):
            yield partial(_disturbed, wanted, partial(change, every=every))
        return
    yield partial(_disturbed, wanted, lambda value: value * 1.5)
    yield partial(_disturbed, wanted, lambda value: value / 1.5)
    if wanted.kind == "assumption":
        declared = study.assumptions[wanted.name]
        for end in (declared.high, declared.low):
            yield partial(_disturbed, wanted, lambda _, end=end: end)


def _disturbed(
    wanted: Input, change: Callable[[Any], Any], kind: str, name: str, value: Any
) -> Any:
    """Return what a study takes, changed if it is the wanted input."""
    if kind == "file":
        if name != wanted.file or wanted.name not in value.frame:
            return value
        return replace(
            value, frame=value.frame.assign(**{wanted.name: change(value.frame[wanted.name])})
        )
    if (kind, name) != wanted[:2]:
        return value
    return change(value) if kind == "assumption" else replace(value, value=change(value.value))


def _multiplied(column: pd.Series, every: int) -> pd.Series:
    """Return a column with its amounts multiplied by 1.5 in some rows."""
    return column.where(np.arange(len(column)) % every != 0, column * 1.5)


def _shifted(column: pd.Series, every: int, step: int = 1) -> pd.Series:
    """Return a column with the next code in some of the rows that have one."""
    rows = column.notna() & (column.notna().cumsum() % every == 0)
    codes = _codes(column)
    following = dict(zip(codes, [*codes[step:], *codes[:step]], strict=True))
    return column.where(~rows, column.map(following))


def _moved_far(column: pd.Series, every: int) -> pd.Series:
    """Return a column with codes from the other half of them in some of the rows: the next date is the same day."""
    return _shifted(column, every, len(_codes(column)) // 2)


def _codes(column: pd.Series) -> list[Any]:
    return sorted(column.dropna().unique().tolist(), key=lambda code: (str(type(code)), code))


def _emptied(column: pd.Series, every: int) -> pd.Series:
    """Return a column with nothing in some of the rows."""
    return column.where(np.arange(len(column)) % every != 0)


def _filled(column: pd.Series, every: int) -> pd.Series:
    """Return a column with its first code in some of the rows that have none."""
    return column.where(column.notna() | (column.isna().cumsum() % every != 0), _codes(column)[0])


def outcome(study: Study, wanted: Input) -> str:
    """Return what disturbing an input does: a number that notices goes before a refusal, and that before an error."""
    found = {SILENT}
    for disturb in disturbances(study, wanted):
        try:
            if unexpected(study, disturb):
                return NOTICED
        except DiplabError as error:
            # what the study's own code raises by mistake is the cause of the error that says so
            found.add(BROKEN if error.__cause__ else REFUSED)
    return next(each for each in (REFUSED, BROKEN, SILENT) if each in found)


class Memory:
    """What need not be done again: files that were read, and what a study makes `once` of undisturbed inputs alone."""

    def __init__(self) -> None:
        self.read: dict[str, Any] = {}
        self.made: dict[str, tuple[Any, set[Input]]] = {}
        self.under_way: list[set[Input]] = []
        self.disturbed: Input | None = None

    def take(self, inputs: Iterable[Input]) -> None:
        """Note that whatever is being made rests on inputs."""
        for resting in self.under_way:
            resting.update(inputs)

    def once(
        self, inputs: Inputs, name: str, make: Callable[[], Any], afresh: Callable[..., Any]
    ) -> Any:
        """Return what an undisturbed run made, where the disturbed input has no part in it."""
        if self.disturbed is not None:
            value, resting = self.made.get(name, (None, {self.disturbed}))
            return afresh(inputs, name, make) if self.disturbed in resting else value
        self.under_way.append(set())
        value = afresh(inputs, name, make)
        resting = self.under_way.pop() | self.made.get(name, (None, set()))[1]
        self.made[name] = (value, resting)
        self.take(resting)
        return value


@contextmanager
def remembered() -> Iterator[Memory]:
    """Keep what is read and made while the inputs of one study are disturbed; disturbing makes copies."""
    memory, read, once = Memory(), reading.read, Inputs.once

    def read_once(source: Any, **options: Any) -> Any:
        key = repr((source, sorted(options.items())))
        if key not in memory.read:
            memory.read[key] = read(source, **options)
        return memory.read[key]

    with (
        mock.patch.object(reading, "read", read_once),
        mock.patch.object(
            Inputs, "once", lambda inputs, name, make: memory.once(inputs, name, make, once)
        ),
    ):
        yield memory


def examine(name: str, only: Iterable[str] = ()) -> Found:
    """Disturb each input of a study, or only those that are named."""
    study, start = find_study(name), time.process_time()
    outcomes = {}
    with remembered() as memory:
        found = {str(each): each for each in inputs_of(study, memory)}
        for each in map(found.__getitem__, only or found):
            memory.disturbed = each
            outcomes[each] = outcome(study, each)
            print(f"{name}: {each}: {outcomes[each]}", file=sys.stderr, flush=True)
        memory.disturbed = Input("nothing", "")
        if unexpected(study):
            raise SystemExit(f"{name}: its code changes what it reads or has made")
    return Found(outcomes, time.process_time() - start)


def main(names: list[str]) -> int:
    allowed, wrong = justified(), 0
    heads = (
        "Study",
        "Inputs",
        "Noticed",
        "Refused",
        "Error",
        "Justified",
        "Not noticed",
        "Seconds",
    )
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
            stale = [
                f"{each} (justified in vain)"
                for each in allowed.get(name, {})
                if each not in excused
            ]
            wrong += len(silent) + len(stale)
            counts = (
                len(found.outcomes),
                *(len(by[kind]) for kind in (NOTICED, REFUSED, BROKEN)),
                len(excused),
            )
            faults = ", ".join(silent + stale) or "–"
            print(
                f"| `{name}` | {' | '.join(map(str, counts))} | {faults} | {found.seconds:.0f} |",
                flush=True,
            )
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
