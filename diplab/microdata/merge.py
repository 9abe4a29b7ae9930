"""Files with the same questions stacked: the waves of a survey, or one wave answered in several languages."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Literal

import numpy as np
import pandas as pd

from diplab.errors import ColumnError, MisleadingError, OptionError, suggestion
from diplab.microdata.answers import code_said
from diplab.microdata.codebook import Codebook, Origin
from diplab.microdata.conflicts import check_files, conflicts
from diplab.microdata.microdata import Microdata
from diplab.microdata.rows import reasons_counted
from diplab.microdata.shown import worded
from diplab.microdata.stacked import column_stacked, missing_stacked
from diplab.microdata.step import Step
from diplab.microdata.variable import Variable
from diplab.reference.text import NOTHING, Text

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence

    from diplab.microdata.conflicts import Conflicts
    from diplab.microdata.responses import Responses
    from diplab.microdata.variable import Code

__all__ = ["merge"]

_ASKED = "Files were to be merged."
_COLUMN = {"wave": Text("vague", "wave"), "language": Text("langue", "language")}


def merge(
    files: Mapping[str, Microdata],
    by: Literal["wave", "language"] = "wave",
    *,
    column: str | None = None,
    names: Mapping[str, Mapping[str, str]] | None = None,
    accept: Collection[str] = (),
) -> Microdata:
    """Stack files that asked the same questions, with a column that says from which each row comes.

    Variables are matched by name. Whatever the files say differently of one is listed by `conflicts`; a code that means
    one thing in a file and another in the next is refused, until the file is recoded or the variable is accepted.

    Parameters
    ----------
    files : mapping of str to Microdata
        By wave (`{"2018": first, "2020": second}`), or by the language in which people answered
        (`{"fr": one, "en": two, "pt": three}`).
    by : {"wave", "language"}
        Waves say the same in the same language; languages say it in their own, and their labels are set side by side:
        `data.codebook["q1"].label.in_("pt")`.
    column : str, optional
        Name of the column that says from which file a row comes; by default `wave` or `language`.
    names : mapping of str to mapping, optional
        By file, new names of its columns: `{"2020": {"q3b": "q3"}}`.
    accept : collection of str
        Variables whose codes have two labels that say the same after all (those of the first file are kept), or labels
        in some languages only.

    Returns
    -------
    Microdata
        The rows of the files in order, all their columns; one that a file does not have is missing on its rows.
        Checksums of the files are in `codebook.origin.notices`.

    Raises
    ------
    ColumnError
        Where `column` is a column already, or `names` has one that is not there.
    MisleadingError
        Where codes have two meanings.
    OptionError
        Where there are fewer than two files, tables hang on one, or answers are not in memory.

    Examples
    --------
    >>> def wave(hours):
    ...     return Microdata(pd.DataFrame({"hours": hours}), Codebook().described("hours", measure="scale"))
    >>> both = merge({"2018": wave([10, 20]), "2020": wave([30])})
    >>> both.frame.values.tolist()
    [['2018', 10], ['2018', 20], ['2020', 30]]
    """
    check_files(files, by)
    renamed = {key: _renamed(each, key, (names or {}).get(key, {})) for key, each in files.items()}
    _check_keys(names or {}, files)
    target = by if column is None else column
    for key, each in renamed.items():
        if target in each.frame.columns:
            raise ColumnError(
                _ASKED,
                f"`{key}` has a column `{target}` already.",
                'Write another name for the one that says which file a row is of, for example `column="file"`.',
            )
    found = conflicts(renamed, by)
    _refuse(found, accept)
    order = list(dict.fromkeys(name for each in renamed.values() for name in each.frame.columns))
    frame = pd.DataFrame({name: column_stacked(renamed, name) for name in order})
    lengths = [len(each) for each in renamed.values()]
    words = pd.Series(np.repeat(list(files), lengths), name=target, dtype=pd.StringDtype(na_value=np.nan))
    frame = pd.concat([words, frame], axis=1)
    codebook = _merged(renamed, order, by, target, found)
    missing = {}
    for name in order:
        codes = missing_stacked(renamed, name)
        if codes is not None:
            missing[name] = codes
    return Microdata(frame, reasons_counted(frame, codebook, missing), missing)


def _renamed(data: Microdata, key: str, names: Mapping[str, str]) -> Microdata:
    """Return a file with new names of columns, in its codebook too."""
    absent = [each for each in names if each not in data.frame.columns]
    if absent:
        raise ColumnError(
            _ASKED,
            f"`{absent[0]}` of `{key}` was to have another name, and it has no such column.",
            suggestion(absent[0], data.frame.columns),
        )
    after = [names.get(each, each) for each in data.frame.columns]
    twice = [each for each in after if after.count(each) > 1]
    if twice:
        raise ColumnError(
            _ASKED,
            f"Two columns of `{key}` would be named `{twice[0]}`.",
            "Write another name for one of them.",
        )
    if not names:
        return data

    def new(name: str) -> str:
        return names.get(name, name)

    book = data.codebook
    variables = {new(name): replace(each, name=new(name)) for name, each in book.variables.items()}
    sets = {name: replace(each, columns=tuple(map(new, each.columns))) for name, each in book.sets.items()}
    reasons = {new(name): each for name, each in book.reasons.items()}
    return replace(
        data,
        frame=data.frame.rename(columns=dict(names)),
        codebook=replace(book, variables=variables, sets=sets, reasons=reasons),
        missing={new(name): each for name, each in data.missing.items()},
    )


def _check_keys(names: Mapping[str, Mapping[str, str]], files: Mapping[str, Microdata]) -> None:
    unknown = [each for each in names if each not in files]
    if unknown:
        raise OptionError(
            _ASKED,
            f"New names were given for `{unknown[0]}`, which is none of the files.",
            suggestion(unknown[0], files),
        )


def _refuse(found: Conflicts, accept: Collection[str]) -> None:
    """Refuse conflicts of meaning of variables that were not accepted; other kinds are to be recoded first."""
    accepted = (accept,) if isinstance(accept, str) else tuple(accept)
    frame = found.frame
    bad = frame[
        frame["refused"] & (~frame["variable"].isin(accepted) | ~frame["kind"].isin(("meaning", "labelled")))
    ]
    if not len(bad):
        return
    shown = [
        f"`{each.variable}`{'' if each.code == '' else f' code {code_said(each.code)}'} ({each.found})"
        for each in bad.head(3).itertuples()
    ]
    more = f", and {len(bad) - 3} more" if len(bad) > 3 else ""
    raise MisleadingError(
        _ASKED,
        f"They do not mean the same by {', '.join(shown)}{more}.",
        "Recode the files, or match their columns with `names`, until `conflicts(files)` lists no more of these; name "
        "in `accept` the variables whose labels say the same after all.",
    )


def _merged(
    files: Mapping[str, Microdata], order: Sequence[str], by: str, target: str, found: Conflicts
) -> Codebook:
    """Return one codebook of several."""
    books = {key: each.codebook for key, each in files.items()}
    values: dict[Code, Text] = {key: Text.same(key) for key in files}
    variables = {
        target: Variable(target, label=_COLUMN[by], values=values, measure="nominal", storage="words")
    }
    for name in order:
        having = {key: book[name] for key, book in books.items() if name in book}
        if having:
            variables[name] = _variable(name, having, by)
    first = next(iter(books.values()))
    sets: dict[str, Responses] = {}
    for book in books.values():
        for name, each in book.sets.items():
            if set(each.columns) <= set(order):
                sets.setdefault(name, each)
    languages = (
        tuple(files)
        if by == "language"
        else dict.fromkeys(tag for book in books.values() for tag in book.languages)
    )
    told = str(len(found))
    rows = ", ".join(f"{key} {len(each)}" for key, each in files.items())
    step = Step(
        "merge",
        (target,),
        Text(f"Fichiers empilés ({rows} lignes) ; différences entre eux : {told}",
             f"Files stacked ({rows} rows); differences between them: {told}"),
        sum(map(len, files.values())),
    )  # fmt: skip
    return Codebook(
        variables,
        _origin(books),
        sets=sets,
        title=first.title,
        languages=tuple(languages),
        steps=(*(each for book in books.values() for each in book.steps), step),
    )


def _origin(books: Mapping[str, Codebook]) -> Origin:
    """Return where the files come from: their names, and their checksums as notices."""
    origins = {key: book.origin for key, book in books.items()}
    notices = tuple(
        Text.same(f"{key}: {each.file}, sha256 {each.sha256}") for key, each in origins.items() if each.file
    )
    return Origin(
        file=" + ".join(dict.fromkeys(each.file for each in origins.values() if each.file)),
        reader="; ".join(dict.fromkeys(each.reader for each in origins.values() if each.reader)),
        synthetic=any(each.synthetic for each in origins.values()),
        notices=notices
        + tuple(dict.fromkeys(each for origin in origins.values() for each in origin.notices)),
    )


def _variable(name: str, having: Mapping[str, Variable], by: str) -> Variable:
    """Return a variable of several files: the first says what it means, or each says it in its language."""
    first = next(iter(having.values()))

    def text(of: Callable[[Variable], Text | None]) -> Text:
        said = {key: of(each) or NOTHING for key, each in having.items()}
        if by == "wave":
            return next((each for each in said.values() if each), NOTHING)
        return Text.of({key: worded(each, key.partition("-")[0]) if key not in dict(each.others)
                        else dict(each.others)[key] for key, each in said.items()})  # fmt: skip

    missing: dict[Code, str] = {}
    for each in having.values():
        for code, why in each.missing.items():
            missing[code] = missing.get(code) or why
    codes = {code_said(code): code for each in reversed(list(having.values())) for code in each.values}
    ordered = dict.fromkeys(code_said(code) for each in having.values() for code in each.values)
    values = {
        codes[said]: text(lambda each, said=said: _label(each, said))  # type: ignore[misc]
        for said in ordered
    }
    return replace(
        first,
        name=name,
        label=text(lambda each: each.label),
        question=text(lambda each: each.question),
        group=text(lambda each: each.group),
        values=values,
        missing=missing,
        missing_ranges=tuple(dict.fromkeys(span for each in having.values() for span in each.missing_ranges)),
        measure=next((each.measure for each in having.values() if each.measure != "unknown"), "unknown"),
    )


def _label(variable: Variable, said: str) -> Text | None:
    return next((label for code, label in variable.values.items() if code_said(code) == said), None)
