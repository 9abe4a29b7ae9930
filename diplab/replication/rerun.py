"""`reproduce`: rerun a study and compare with its published numbers.

See docs/written-files.md.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from great_tables import GT

from diplab.checks import is_number
from diplab.errors import ColumnError, DiplabError, OptionError, StudyError, one_of, suggestion
from diplab.microdata.codebook import Codebook
from diplab.microdata.microdata import Microdata
from diplab.microdata.missing import SYSTEM, unanswered
from diplab.reference.text import LANGUAGES, NOTHING, Language, Text, Words, nearest
from diplab.replication.archive import NotAvailableError, locate
from diplab.replication.published import Published, PublishedTable, check_keys, read_toml
from diplab.replication.registry import study as find_study
from diplab.replication.study import Inputs, Study
from diplab.replication.verdict import VERDICT_OF, Result, judge, verdict
from diplab.results.comparison import Comparison, Dependence, Verdict

_WORDS = Words("diplab.replication")

if TYPE_CHECKING:
    from diplab.presentation.charts.chart import Chart


@dataclass(frozen=True, eq=False)
class Run:
    """The rerun of a study: comparisons by language, figures and tables."""

    study: Study
    comparisons: Mapping[Language, Comparison]
    figures: Mapping[str, Any]
    tables: Mapping[str, Callable[[Language], GT]]

    def chart(self, name: str, language: Language) -> Chart:
        """Return a figure of the study as a chart; a function of the language is called."""
        from diplab.presentation.charts.chart import Chart, PrintedFigure

        found = self.figures[name]
        if callable(found):
            with _said_of(self.study, f"figures(inputs, comparison)[{name!r}]"):
                found = found(language)
        # the figure that `dl.chart` returns holds its chart, which can be drawn in both languages
        chart = found.chart if isinstance(found, PrintedFigure) else found
        if not isinstance(chart, Chart):
            raise StudyError(
                f"The figure `{name}` of `{self.study.id}` is of type {type(chart).__name__}.",
                "A figure is what `dl.chart` returns, a chart of `diplab.presentation.charts`, "
                "or a function of the language that returns one of them.",
                f"Write `{{{name!r}: dl.chart(estimates)}}` in `figures(inputs, comparison)` of "
                "its `study.py`.",
            )
        return chart


def reproduce(
    name: str,
    *,
    data: str | os.PathLike[str] | None = None,
    mapping: str | os.PathLike[str] | None = None,
    studies: str | os.PathLike[str] | None = None,
    assumptions: Mapping[str, float] | None = None,
    language: Language = "en",
) -> Comparison:
    """Rerun a published study and compare, number by number.

    Parameters
    ----------
    name : str
        Its identifier, as in `studies()`.
    data : path, optional
        The real file, for studies whose data are not public and whose holders run them.
    mapping : path, optional
        TOML file that maps its columns and codes to those of the study.
    studies : path, optional
        Folder searched first, before `./surveys` and the package's own.
    assumptions : mapping of str to float, optional
        Values for assumptions that the study declares, instead of its own: the answer with its own
        stands beside (column `as_declared`), and expected verdicts are not judged.
    language : {"fr", "en"}
        Of the words in the comparison.

    Returns
    -------
    Comparison

    Raises
    ------
    StudyError
        Where the study does not exist, or its code does not answer its keys.
    DataError
        Where a data file is not the one that the registry describes.
    OptionError
        Where the study does not declare the assumption, or the value is outside its range.

    Examples
    --------
    >>> import diplab as dl
    >>> found = dl.reproduce("france-2019-headcount").frame
    >>> found.loc[found["key"] == "registered", "verdict"].item()
    'circular'
    """
    if language not in LANGUAGES:
        raise one_of("`language`", language, LANGUAGES)
    with run(
        find_study(name, studies), data=data, mapping=mapping, assumptions=assumptions
    ) as found:
        figures = {}
        for figure in found.figures:
            figures[figure] = found.chart(figure, language)
        return replace(found.comparisons[language], figures=figures)


def check_data(study: Study) -> None:
    """Raise an error if a data file is not the registered one; missing data are not an error."""
    for file in study.all_files.values():
        with suppress(NotAvailableError):
            locate(file)


@contextmanager
def run(
    study: Study,
    *,
    data: str | os.PathLike[str] | None = None,
    mapping: str | os.PathLike[str] | None = None,
    assumptions: Mapping[str, float] | None = None,
    disturb: Callable[[str, str, Any], Any] | None = None,
    copies: Path | None = None,
) -> Iterator[Run]:
    """Rerun a study; within the context, its temporary files exist and its figures can be drawn."""
    changed = _changed(study, assumptions or {})
    with tempfile.TemporaryDirectory(prefix="diplab-") as scratch:
        try:
            files = {} if data is not None else _located(study, copies)
        except NotAvailableError as absent:
            explained = absent.explanation
            yield Run(
                study, _compared(study, None, synthetic=study.synthetic, why_not=explained), {}, {}
            )
            return
        real = _real_data(study, data, mapping)
        inputs = Inputs(study, files, real, Path(scratch), changed, disturb)
        found = _answers(study, inputs)
        declared, moving = None, frozenset[str]()
        if changed:
            declared = _answers(study, Inputs(study, files, real, Path(scratch)))
            moving = _moving(study, changed, declared, files, real)
        synthetic = study.synthetic and real is None
        if real is not None and real.codebook.origin.synthetic:
            # a file that is declared synthetic proves nothing, whatever its source
            found = {
                key: replace(item, rests_on="synthetic file")
                if item.rests_on in (None, "respondents' rows")
                else item
                for key, item in found.items()
            }
            synthetic = True
        comparisons = _compared(
            study,
            found,
            synthetic=synthetic,
            real=real is not None,
            declared=declared,
            changed=changed,
            moving=moving,
        )
        figures = _by_name(study, "figures(inputs, comparison)", inputs, comparisons["en"])
        yield Run(study, comparisons, figures, _by_name(study, "tables(inputs)", inputs))


def _moving(
    study: Study,
    changed: Mapping[str, float],
    declared: Mapping[str, Result],
    files: Mapping[str, Path],
    real: Microdata | None,
) -> frozenset[str]:
    """Return the keys of numbers that change at an end of the range of a changed assumption."""
    moving: set[str] = set()
    for name in changed:
        own = study.assumptions[name]
        for end in {own.low, own.high} - {own.value}:
            # temporary files belong to one run
            with tempfile.TemporaryDirectory(prefix="diplab-") as scratch, suppress(DiplabError):
                found = _answers(study, Inputs(study, files, real, Path(scratch), {name: end}))
                moving.update(
                    key for key, before in declared.items() if not _same(before, found[key])
                )
    return frozenset(moving)


def _same(one: Result, two: Result) -> bool:
    first, second = ([item.value, item.low, item.high, item.printed_way] for item in (one, two))
    return one.mark == two.mark and np.array_equal(first, second, equal_nan=True)


def rerun_numbers(
    study: Study, scratch: Path, disturb: Callable[[str, str, Any], Any] | None = None
) -> dict[str, Verdict]:
    """Return the verdict of each number of a study; `disturb` is called with each input."""
    answers = _answers(study, Inputs(study, _located(study), None, scratch, disturb=disturb))
    return {row.key: verdict(row, answers[row.key]) for row in study.published}


_MISTAKES = (
    ArithmeticError, AttributeError, ImportError, LookupError, NameError, OSError, RuntimeError,
    SyntaxError, TypeError, ValueError,
)  # fmt: skip
"""Errors that mistakes in a study's code raise; interruptions and memory errors pass through."""


@contextmanager
def _said_of(study: Study, what: str) -> Iterator[None]:
    """Raise errors of a study's own code as `StudyError`, with their location."""
    try:
        yield
    except DiplabError:
        raise
    except _MISTAKES as error:
        raise StudyError(
            f"The study `{study.id}` cannot be rerun.",
            f"Its `study.py` raised {type(error).__name__}: {error}.",
            f'Correct `{what}` there; `python -c "import diplab; '
            f"diplab.reproduce('{study.id}')\"` shows the whole trace.",
        ) from error


def _located(study: Study, copies: Path | None = None) -> dict[str, Path]:
    """Return the path of each data file of a study."""
    return {name: locate(file, copies) for name, file in study.all_files.items()}


def _changed(study: Study, assumptions: Mapping[str, float]) -> dict[str, float]:
    """Return the changed assumptions, checked against their declared ranges."""
    for name, value in assumptions.items():
        if name not in study.assumptions:
            known = study.assumptions
            raise OptionError(
                _WORDS("unknown.assumption", study=study.id, name=name),
                _WORDS("unknown.assumptions", count=len(known)),
                nearest(name, known) if known else _WORDS("unknown.leave_out"),
            )
        declared = study.assumptions[name]
        if not is_number(value) or not declared.low <= value <= declared.high:
            written = {"low": f"{declared.low:g}", "high": f"{declared.high:g}"}
            ends = {}
            for end, number in written.items():
                ends[end] = Text(number.replace(".", ","), number)
            raise OptionError(
                _WORDS("unknown.outside", name=name, value=value, study=study.id),
                _WORDS("unknown.range", source=declared.source, **ends),
                _WORDS("unknown.within"),
            )
    return {name: float(value) for name, value in assumptions.items()}


def _answers(study: Study, inputs: Inputs) -> dict[str, Result]:
    """Run the study's own code, and check that it covers every published number."""
    with _said_of(study, "results(inputs)"):
        found: Mapping[str, Any] = study.module.results(inputs)
    single = [row.key for row in study.published if not row.table]
    wanted = [*single, *study.tables]
    for key in wanted:
        if key not in found:
            what, give = ("table", "frame") if key in study.tables else ("number", "Result")
            raise StudyError(
                f"The study `{study.id}` cannot be rerun.",
                f"Its `study.py` gives nothing for the published {what} `{key}`.",
                f"Return a {give} for it. {suggestion(key, found)}",
            )
    for key in found:
        if key not in wanted:
            raise StudyError(
                f"The study `{study.id}` cannot be rerun.",
                f"Its `study.py` gives `{key}`, which is not in `published.csv` or `tables.toml`.",
                suggestion(key, wanted),
            )
    answers = {}
    for key in single:
        answers[key] = _result(found[key], study, key)
    for table in study.tables.values():
        answers |= _cells(study, table, found[table.name])
    if inputs.data is None:
        _check_what_it_rests_on(study, answers)
    return answers


def _cells(study: Study, table: PublishedTable, frame: Any) -> dict[str, Result]:
    """Return the rerun of each printed cell from the frame that the study gives for a table."""
    problem = f"The table `{table.name}` of the study `{study.id}` cannot be rerun."
    if not hasattr(frame, "iloc") or not hasattr(frame, "columns"):
        raise StudyError(
            problem,
            f"Its `study.py` gives a {type(frame).__name__} for it.",
            "Return a DataFrame with the labels of rows as index and the columns of the table.",
        )
    labels = [
        " | ".join(map(str, key)) if isinstance(key, tuple) else str(key) for key in frame.index
    ]
    if len(set(labels)) < len(labels):
        twice = next(label for label in labels if labels.count(label) > 1)
        raise StudyError(
            problem, f"The row `{twice}` appears twice in its frame.", "Give each row only once."
        )
    columns = list(map(str, frame.columns))
    values = dict(zip(labels, frame.to_numpy(dtype=object).tolist(), strict=True))
    answers = {}
    for cell in table.cells:
        if cell.row not in values and labels == list(map(str, range(len(labels)))):
            raise StudyError(
                problem,
                f"Its frame has no labels of rows, as `{cell.row}`, but numbers in order.",
                "Make the labels, as printed, its index.",
            )
        if cell.row not in values or cell.column not in columns:
            what, name, near = (
                ("row", cell.row, labels)
                if cell.row not in values
                else ("column", cell.column, columns)
            )
            raise StudyError(
                problem,
                f"Its frame has no {what} `{name}`.",
                f"Give it a {what} of that name. {suggestion(name, near)}",
            )
        answers[cell.key] = _result(values[cell.row][columns.index(cell.column)], study, cell.key)
    return answers


def _result(given: Any, study: Study, key: str) -> Result:
    """Return the result for a number of a study: given as a number, a mark or a `Result`."""
    if isinstance(given, Result):
        return given
    if isinstance(given, str):
        return Result(np.nan, mark=given)
    try:
        return Result(np.nan if given is None else float(given))
    except (TypeError, ValueError) as error:
        raise StudyError(
            f"The study `{study.id}` cannot be rerun.",
            f"Its `study.py` gives for `{key}` an object of type {type(given).__name__}.",
            "Give a number, the mark of a number withheld, or a `Result` of `diplab.types`: "
            "`Result.of(estimates)` makes one of estimates.",
        ) from error


def _by_name(study: Study, call: str, *arguments: Any) -> dict[str, Any]:
    """Return the figures or tables of a study by name; empty if it has no such function."""
    what = call.partition("(")[0]
    if not hasattr(study.module, what):
        return {}
    with _said_of(study, call):
        given = getattr(study.module, what)(*arguments)
    if not isinstance(given, dict):
        raise StudyError(
            f"The {what} of the study `{study.id}` are of type {type(given).__name__}.",
            "They are a dictionary, by the name of their file.",
            f"Return `{{'jobs': ...}}` from `{what}` in its `study.py`.",
        )
    return given


def _check_what_it_rests_on(study: Study, answers: Mapping[str, Result]) -> None:
    """Raise an error if a result does not rest on what its published number declares."""
    for row in study.published:
        basis = answers[row.key].rests_on
        if basis not in (None, row.rests_on):
            raise StudyError(
                f"The study `{study.id}` cannot be rerun.",
                f"Its `study.py` gives `{row.key}` as resting on {basis}, and the published number "
                "declares "
                f"{row.rests_on}.",
                "Correct the one that is wrong.",
            )


def _real_data(
    study: Study, data: str | os.PathLike[str] | None, mapping: str | os.PathLike[str] | None
) -> Microdata | None:
    if data is None:
        return None
    if not study.accepts_data:
        raise OptionError(
            f"The study `{study.id}` cannot be run on `{Path(str(data)).name}`.",
            "It does not take a file: its inputs are published figures or open data.",
            f"Write `diplab reproduce {study.id}` without `--data`.",
        )
    from diplab.loaders.deliveries import read_codebook
    from diplab.loaders.read import read

    book = study.folder / "codebook.toml"
    if not book.is_file():
        raise StudyError(
            f"The study `{study.id}` cannot be run on `{Path(data).name}`.",
            "Its folder has no `codebook.toml`, which lists the columns that it needs.",
            "Write one there: a section `[variables.NAME]` for each column that `study.py` reads.",
        )
    return mapped(
        read(data), read_codebook(book), Path(data), None if mapping is None else Path(mapping)
    )


def _compared(
    study: Study,
    found: Mapping[str, Result] | None,
    *,
    synthetic: bool,
    real: bool = False,
    why_not: Text = NOTHING,
    declared: Mapping[str, Result] | None = None,
    changed: Mapping[str, float] | None = None,
    moving: Collection[str] = (),
) -> dict[Language, Comparison]:
    records = []
    for row in study.published:
        before, dependence = Result(np.nan), ""
        if declared:
            before = declared[row.key]
            dependence = _dependence(before, found, moving, row.key)
        records.append(
            {
                **_compared_row(row, found, real=real),
                "as_declared": before.value,
                "declared_low": before.low,
                "declared_high": before.high,
                "dependence": dependence,
            }
        )
    rows = pd.DataFrame(records)
    texts = rows.loc[:, rows.dtypes == "object"]
    return {
        language: Comparison(
            frame=rows.assign(
                **texts.map(
                    lambda item, of=language: item.in_(of) if isinstance(item, Text) else item
                )
            ),
            study=study.id,
            title=study.title,
            citation=study.citation.in_(language),
            language=language,
            synthetic=synthetic,
            ran=found is not None,
            why_not=why_not,
            assumptions={
                name: (study.assumptions[name].value, value)
                for name, value in (changed or {}).items()
            },
        )
        for language in LANGUAGES
    }


def _dependence(
    before: Result, found: Mapping[str, Result] | None, moving: Collection[str], key: str
) -> Dependence:
    """Return the effect of the changed assumptions on a number."""
    if found is not None and not _same(before, found[key]):
        return "moved"
    return "same here" if key in moving else "independent"


def _expected(row: Published, found: str, *, real: bool) -> str:
    """Return the expected verdict; on a real file a synthetic margin is an ordinary number."""
    if (
        real
        and row.rests_on == "synthetic file"
        and row.expected in ("by construction", "within tolerance", "our own")
    ):
        agree = ("as published", "within tolerance", "our own")
        return found if found in agree else agree[0]
    return row.expected


def _compared_row(
    row: Published, answers: Mapping[str, Result] | None, *, real: bool
) -> dict[str, object]:
    result = None if answers is None else answers[row.key]
    outcome, because = judge(row, result)
    found = VERDICT_OF[outcome, because]
    given = result or Result(np.nan)
    # numbers withheld by the publisher are not shown here either
    value = np.nan if row.printed.mark else given.value
    rests_on = given.rests_on or (
        "respondents' rows" if real and row.rests_on == "synthetic file" else row.rests_on
    )
    return {
        "key": row.key,
        "published": row.value,
        "reproduced": value,
        "difference": row.printed.difference(value) if np.isfinite(value) else np.nan,
        **{name: getattr(row, name) for name in ("tolerance", "base", "source", "status")},
        "verdict": found,
        "expected": _expected(row, found, real=real),
        "rests_on": rests_on,
        "label": row.label,
        "unit": row.unit,
        "low": given.low,
        "high": given.high,
        "bounds": given.bounds,
        "published_high": row.printed.high,
        "relation": row.printed.relation,
        "decimals": row.printed.decimals,
        **{name: getattr(row, name) for name in ("reason", "quotation", "table", "row", "column")},
        "printed": row.printed.text,
        "mark": given.mark,
        "printed_way": given.printed_way,
        "outcome": outcome,
        "because": because,
    }


def mapped(
    data: Microdata, wanted: Codebook, data_path: Path, mapping_path: Path | None
) -> Microdata:
    """Return a holder's file in the columns and codes of a study.

    Without `mapping`, the file `NAME.mapping.toml` next to the data is used if it exists.
    """
    beside = data_path.with_suffix(".mapping.toml")
    path = mapping_path or (beside if beside.is_file() else None)
    rules = _read(path, wanted) if path is not None else {}
    columns: dict[str, Any] = {}
    reasons: dict[str, Mapping[str, int]] = {}
    for name in wanted:
        rule = rules.get(name, {})
        column = rule.get("column", name)
        if column not in data.frame.columns:
            raise ColumnError(
                f"The study needs the variable `{name}`, in the column `{column}`.",
                f"`{data_path.name}` has {(count := data.frame.shape[1])} "
                f"column{'s' * (count != 1)} and not that one.",
                f"Name its column in a mapping file. {suggestion(column, data.frame.columns)}",
            )
        values = data.frame[column]
        recoded = _recoded(values, rule["codes"], name, path) if "codes" in rule else values
        found = unanswered(recoded.to_numpy(), wanted[name], empty=recoded.isna().to_numpy())
        columns[name] = recoded.mask(found.declared)
        own = {why: count for why, count in found.reasons.items() if why != SYSTEM}
        reasons[name] = {**data.codebook.reasons.get(column, {}), **own}
    kept = {name: counts for name, counts in reasons.items() if counts}
    codebook = replace(wanted, origin=data.codebook.origin, reasons=kept)
    return Microdata(pd.DataFrame(columns), codebook)


def _read(path: Path, wanted: Codebook) -> Mapping[str, Mapping[str, Any]]:
    if not path.is_file():
        raise StudyError(
            f"There is no mapping `{path.name}`.",
            write="Write its path after `--mapping`, or put `NAME.mapping.toml` next to the data.",
        )
    problem = f"The mapping `{path.name}` does not fit the study."
    rules = read_toml(path, problem, "It")
    check_keys(rules, set(wanted), problem, "Apart from the variables of the study it")
    return rules


def _recoded(values: Any, codes: Mapping[str, Any], name: str, path: Path | None) -> Any:
    # TOML keys are strings: 1 and 1.0 in the data are both the key "1"
    keys = values.map(
        lambda value: f"{value:g}" if isinstance(value, float) else str(value), na_action="ignore"
    )
    unknown = sorted(set(keys.dropna()) - set(codes))
    if unknown:
        raise StudyError(
            f"`{path.name if path else ''}` does not map every code of the variable `{name}`.",
            f"The data hold the code '{unknown[0]}'.",
            f'Add `"{unknown[0]}" = ...` under `[{name}]`.',
        )
    return keys.map(dict(codes), na_action="ignore")
