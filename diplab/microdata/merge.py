"""Merging of files with the same questions, such as waves."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import chain
from operator import attrgetter
from typing import Any, TypeVar

import numpy as np
import pandas as pd

from diplab.checks import LARGEST_EXACT
from diplab.errors import ColumnError, MisleadingError, OptionError, suggestion
from diplab.microdata.codebook import Codebook, Origin
from diplab.microdata.conflicts import (
    Conflicts,
    MergedBy,
    check_files,
    columns_of,
    conflicts_of_files,
)
from diplab.microdata.display import WORDS, in_language
from diplab.microdata.history import Step
from diplab.microdata.microdata import Microdata, as_microdata
from diplab.microdata.missing import MissingCodes, count_reasons
from diplab.microdata.multiple_response import Responses
from diplab.microdata.variable import Code, Variable, by_text, code_text
from diplab.reference.text import NOTHING, Text

T = TypeVar("T")


def stack_column(files: Mapping[str, Microdata], name: str) -> pd.Series[Any]:
    """Return a column of several files, in the type of the files with an answer."""
    columns: list[pd.Series[Any]] = []
    end = 0
    for file in files.values():
        start, end = end, end + len(file)
        if name in file.frame.columns:
            columns.append(file.frame[name].set_axis(range(start, end)))
    answered = [column for column in columns if column.notna().any()] or columns
    flags = list(map(pd.api.types.is_bool_dtype, answered))
    if any(flags) and not all(flags):  # true and false in one file, 1 and 0 in another
        for at in np.flatnonzero(flags):
            plain = answered[at].dtype == bool
            answered[at] = answered[at].astype("int64" if plain else "Int64")
    if any(map(_has_many_digits, answered)):
        # pandas would make floats of all if a file lacks the column or the key of a row
        answered = [
            answers.astype("Int64") if _is_whole(answers) else answers for answers in answered
        ]
    stacked: pd.Series[Any] = pd.concat(answered).reindex(range(end))
    return stacked


def _has_many_digits(column: pd.Series[Any]) -> bool:
    """Return whether a column holds integers that a float cannot represent."""
    return pd.api.types.is_integer_dtype(column) and bool((column.abs() > LARGEST_EXACT).any())


def _is_whole(column: pd.Series[Any]) -> bool:
    """Return whether a column fits into signed integers."""
    known = column.dropna()
    numbers = pd.api.types.is_numeric_dtype(column) and bool((known == known.round()).all())
    return numbers and bool((known.abs() < _LONGEST).all())


_LONGEST = 2.0**63  # the least integer beyond 64 bits with a sign


def stack_missing(files: Mapping[str, Microdata], name: str) -> MissingCodes | None:
    """Return the missing codes of a variable on the rows of several files, or None."""
    codes: dict[str, Code] = {}
    parts = []
    for file in files.values():
        places = np.full(len(file), -1, dtype=np.int32)
        if (cells := file.missing.get(name)) is not None:
            for code in cells.codes:
                codes.setdefault(code_text(code), code)
            of_file = map(list(codes).index, map(code_text, cells.codes))
            places = np.array([*of_file, -1], dtype=np.int32)[cells.places]
        parts.append(places)
    if codes:
        return MissingCodes(tuple(codes.values()), np.concatenate(parts))
    return None


def merge(
    files: Mapping[str, Microdata | pd.DataFrame],
    kind: MergedBy = "wave",
    *,
    into: str | None = None,
    names: Mapping[str, Mapping[str, str]] | None = None,
    accept: Collection[str] = (),
) -> Microdata:
    """Stack files that asked the same questions, with a column for the file of each row.

    Variables are matched by name. `first.conflicts(second)` lists their differences between files;
    a code with two meanings raises an error until a file is recoded or the variable is accepted.

    Parameters
    ----------
    files : mapping of str to Microdata or pandas.DataFrame
        By wave (`{"2018": first, "2020": second}`), or by the language in which people answered
        (`{"fr": one, "en": two, "pt": three}`).
    kind : {"wave", "language"}
        Waves have the same labels; for languages, the labels of each are kept:
        `data.codebook["q1"].label.in_("pt")`.
    into : str, optional
        Name of the new column, with the file of each row; by default `wave` or `language`.
    names : mapping of str to mapping, optional
        By file, new names of its columns: `{"2020": {"q3b": "q3"}}`.
    accept : collection of str
        Variables whose codes have two labels of the same meaning (those of the first file are
        kept), or labels in some languages only.

    Returns
    -------
    Microdata
        The rows of the files in order, with all their columns; columns that a file lacks are
        missing on its rows. Checksums of the files are in `codebook.origin.notices`.

    Raises
    ------
    ColumnError
        Where `into` is a column already, or `names` has one that does not exist.
    MisleadingError
        Where codes have two meanings.
    OptionError
        Where there are fewer than two files, tables are linked to one, or answers are not in
        memory.

    Examples
    --------
    >>> import pandas as pd, diplab as dl
    >>> def wave(hours):
    ...     book = dl.Codebook().described("hours", measure="scale")
    ...     return dl.Microdata(pd.DataFrame({"hours": hours}), book)
    >>> both = dl.merge({"2018": wave([10, 20]), "2020": wave([30])})
    >>> both.frame.values.tolist()
    [['2018', 10], ['2018', 20], ['2020', 30]]
    """
    if not isinstance(kind, str) or isinstance(files, Microdata | pd.DataFrame):
        raise OptionError(
            "`merge` stacks files that asked the same questions, and was given tables one after "
            "the other.",
            "Tables with other columns, such as people and their households, are joined on a key.",
            'Write `people.join(households, on="household", unmatched="keep")`; to stack waves, '
            '`dl.merge({"2018": first, "2021": second})`.',
        )
    # anything but a mapping raises an error below
    merged = (
        {key: as_microdata(file) for key, file in files.items()}
        if isinstance(files, Mapping)
        else files
    )
    check_files(merged, kind)
    renamed = {}
    for key, item in merged.items():
        renamed[key] = _rename_columns(item, key, (names or {}).get(key, {}))
    unknown = [item for item in names or {} if item not in merged]
    if unknown:
        raise OptionError(
            f"`names` has `{unknown[0]}`, which is not one of the files.",
            write=suggestion(unknown[0], merged),
        )
    target = into or kind
    for key, item in renamed.items():
        if target in item.frame.columns:
            raise ColumnError(
                f"`{key}` has a column `{target}` already.",
                write='Write another name for the column of files, for example `into="file"`.',
            )
    differences = conflicts_of_files(renamed, kind)
    _refuse_conflicts(differences, accept)
    order = columns_of(renamed.values())
    keys = np.repeat(list(files), list(map(len, renamed.values())))
    columns = {target: pd.Series(keys, dtype=pd.StringDtype(na_value=np.nan))}
    frame = pd.DataFrame(columns | {name: stack_column(renamed, name) for name in order})
    codebook = _merge_codebooks(renamed, order, kind, target, differences)
    missing = {}
    for name in order:
        if (codes := stack_missing(renamed, name)) is not None:
            missing[name] = codes
    return Microdata(frame, count_reasons(frame, codebook, missing), missing)


def _rename_columns(data: Microdata, key: str, names: Mapping[str, str]) -> Microdata:
    """Return a file with columns renamed, in its codebook too."""
    absent = [column for column in names if column not in data.frame.columns]
    if absent:
        raise ColumnError(
            f"`{key}` has no column `{absent[0]}` to rename.",
            write=suggestion(absent[0], data.frame.columns),
        )
    after = [names.get(column, column) for column in data.frame.columns]
    twice = [item for item in after if after.count(item) > 1]
    if twice:
        raise ColumnError(
            f"Two columns of `{key}` would be named `{twice[0]}`.",
            write="Write another name for one of them.",
        )
    if not names:
        return data

    def new(name: str) -> str:
        return names.get(name, name)

    def by_new_name(columns: Mapping[str, T]) -> dict[str, T]:
        return {new(name): item for name, item in columns.items()}

    book = data.codebook
    variables = {
        new(name): replace(variable, name=new(name)) for name, variable in book.variables.items()
    }
    sets = {
        name: replace(members, columns=tuple(map(new, members.columns)))
        for name, members in book.sets.items()
    }
    return replace(
        data,
        frame=data.frame.rename(columns=dict(names)),
        codebook=replace(book, variables=variables, sets=sets, reasons=by_new_name(book.reasons)),
        missing=by_new_name(data.missing),
    )


def _refuse_conflicts(differences: Conflicts, accept: Collection[str]) -> None:
    """Raise an error for conflicts, except those of meaning in accepted variables."""
    accepted = (accept,) if isinstance(accept, str) else tuple(accept)
    frame = differences.frame
    bad = frame[
        frame["refused"]
        & (~frame["variable"].isin(accepted) | ~frame["kind"].isin(("meaning", "labelled")))
    ]
    if not len(bad):
        return
    shown = [
        f"`{row.variable}`{'' if row.code == '' else f' code {code_text(row.code)}'} ({row.found})"
        for row in bad.head(3).itertuples()
    ]
    more = f", and {len(bad) - 3} more" if len(bad) > 3 else ""
    raise MisleadingError(
        f"The files disagree on the meaning of {', '.join(shown)}{more}.",
        write="Recode the files, or match columns with `names`, until `first.conflicts(second)` "
        "lists none "
        "of these; name in `accept` the variables whose labels have the same meaning.",
    )


def _merge_codebooks(
    files: Mapping[str, Microdata],
    order: Sequence[str],
    kind: str,
    target: str,
    differences: Conflicts,
) -> Codebook:
    """Return the merged codebook."""
    books = {}
    for key, file in files.items():
        books[key] = file.codebook

    def every(name: str) -> Iterator[Any]:
        return chain.from_iterable(map(attrgetter(name), books.values()))

    variables = {
        target: Variable(
            target,
            label=WORDS(f"merged_by.{kind}"),
            values=dict(zip(files, map(Text.same, files), strict=True)),
            measure="nominal",
            storage="words",
        )
    }
    for name in order:
        having = {}
        for key, book in books.items():
            if name in book:
                having[key] = book[name]
        if having:
            variables[name] = _merge_variables(name, having, kind)
    first = next(iter(books.values()))
    sets: dict[str, Responses] = {}
    for book in books.values():
        for name, members in book.sets.items():
            if set(members.columns) <= set(order):
                sets.setdefault(name, members)
    languages = files if kind == "language" else dict.fromkeys(every("languages"))
    rows = ", ".join(f"{key} {len(file)}" for key, file in files.items())
    step = Step(
        "merge",
        (target,),
        WORDS("merge.step", rows=rows, differences=len(differences)),
        sum(map(len, files.values())),
    )
    return Codebook(
        variables,
        _merge_origins(books),
        sets=sets,
        title=first.title,
        languages=tuple(languages),
        steps=(*every("steps"), step),
    )


def _merge_origins(books: Mapping[str, Codebook]) -> Origin:
    """Return the origin of the files: their names, with checksums as notices."""
    origins = {}
    for key, book in books.items():
        origins[key] = book.origin
    notices = tuple(
        Text.same(f"{key}: {origin.file}, sha256 {origin.sha256}")
        for key, origin in origins.items()
        if origin.file
    )

    def every(name: str) -> dict[Any, None]:
        """Return the distinct values of a field, except empty ones."""
        return dict.fromkeys(filter(None, map(attrgetter(name), origins.values())))

    return Origin(
        file=" + ".join(every("file")),
        reader="; ".join(every("reader")),
        synthetic=bool(every("synthetic")),
        notices=(*notices, *dict.fromkeys(chain(*every("notices")))),
    )


def _merge_variables(name: str, having: Mapping[str, Variable], kind: str) -> Variable:
    """Return a variable of several files, worded as in the first, or in the language of each."""

    def text(texts: Iterable[Text | None]) -> Text:
        written = {key: text for key, text in zip(having, texts, strict=True) if text}
        if kind == "wave":
            return next(iter(written.values()), NOTHING)
        chosen = {}
        for key, item in written.items():
            language = key
            if key not in dict(item.others):
                language = key.partition("-")[0]
            chosen[key] = in_language(item, language)
        return Text.of(chosen)

    first, *_ = variables = list(having.values())
    missing: dict[Code, str] = {}
    codes: dict[str, Code] = {}
    labels = []
    for variable in variables:
        for code, why in variable.missing.items():
            missing[code] = missing.get(code) or why
        for code in variable.values:
            codes.setdefault(code_text(code), code)
        labels.append(by_text(variable.values))
    measures = [variable.measure for variable in variables if variable.measure != "unknown"]
    return replace(
        first,
        name=name,
        label=text(map(attrgetter("label"), variables)),
        question=text(map(attrgetter("question"), variables)),
        group=text(map(attrgetter("group"), variables)),
        values={code: text(of_file.get(key) for of_file in labels) for key, code in codes.items()},
        missing=missing,
        missing_ranges=tuple(dict.fromkeys(chain(*map(attrgetter("missing_ranges"), variables)))),
        measure=[*measures, first.measure][0],
    )
