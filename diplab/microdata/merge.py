"""Files with the same questions stacked, such as the waves of a survey."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from diplab.errors import ColumnError, MisleadingError, OptionError, suggestion
from diplab.microdata.codebook import Codebook, Origin
from diplab.microdata.conflicts import Conflicts, MergedBy, check_files, conflicts_of_files
from diplab.microdata.display import WORDS, in_language
from diplab.microdata.history import Step
from diplab.microdata.microdata import Microdata, as_microdata
from diplab.microdata.missing import MissingCodes, count_reasons
from diplab.microdata.multiple_response import Responses
from diplab.microdata.variable import Code, Variable, code_text
from diplab.reference.text import NOTHING, Text


def stack_column(files: Mapping[str, Microdata], name: str) -> pd.Series[Any]:
    """Return a column of several files; its type is that of the files with an answer."""
    ends = np.cumsum([len(each) for each in files.values()]).tolist()
    columns = [
        each.frame[name].set_axis(range(end - len(each), end))
        for each, end in zip(files.values(), ends, strict=True)
        if name in each.frame.columns
    ]
    answered = [each for each in columns if each.notna().any()] or columns
    flags = [pd.api.types.is_bool_dtype(each) for each in answered]
    if any(flags) and not all(flags):  # true and false in one file, 1 and 0 in another
        answered = [
            each.astype("int64" if each.dtype == bool else "Int64") if flag else each
            for each, flag in zip(answered, flags, strict=True)
        ]
    stacked: pd.Series[Any] = pd.concat(answered).reindex(range(ends[-1]))
    return stacked


def stack_missing(files: Mapping[str, Microdata], name: str) -> MissingCodes | None:
    """Return the missing codes of a variable on the rows of several files; None where there are none."""
    codes: dict[str, Code] = {}
    parts = []
    for each in files.values():
        places = np.full(len(each), -1, dtype=np.int32)
        if (cells := each.missing.get(name)) is not None:
            for code in cells.codes:
                codes.setdefault(code_text(code), code)
            rank = {code: place for place, code in enumerate(codes)}
            places = np.array([*(rank[code_text(code)] for code in cells.codes), -1], dtype=np.int32)[cells.places]
        parts.append(places)
    return MissingCodes(tuple(codes.values()), np.concatenate(parts)) if codes else None


def merge(
    files: Mapping[str, Microdata | pd.DataFrame],
    kind: MergedBy = "wave",
    *,
    into: str | None = None,
    names: Mapping[str, Mapping[str, str]] | None = None,
    accept: Collection[str] = (),
) -> Microdata:
    """Stack files that asked the same questions, with a column for the file of each row.

    Variables are matched by name. `first.conflicts(second)` lists their differences between files; a code with two
    meanings is refused until a file is recoded or the variable is accepted.

    Parameters
    ----------
    files : mapping of str to Microdata or pandas.DataFrame
        By wave (`{"2018": first, "2020": second}`), or by the language in which people answered
        (`{"fr": one, "en": two, "pt": three}`).
    kind : {"wave", "language"}
        Waves say the same in the same language; languages say it in their own, and their labels are set side by side:
        `data.codebook["q1"].label.in_("pt")`.
    into : str, optional
        Name of the new column, which says from which file a row comes; by default `wave` or `language`.
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
        Where `into` is a column already, or `names` has one that is not there.
    MisleadingError
        Where codes have two meanings.
    OptionError
        Where there are fewer than two files, tables are linked to one, or answers are not in memory.

    Examples
    --------
    >>> import pandas as pd, diplab as dl
    >>> def wave(hours):
    ...     return dl.Microdata(pd.DataFrame({"hours": hours}), dl.Codebook().described("hours", measure="scale"))
    >>> both = dl.merge({"2018": wave([10, 20]), "2020": wave([30])})
    >>> both.frame.values.tolist()
    [['2018', 10], ['2018', 20], ['2020', 30]]
    """
    # what is not a mapping is refused below
    merged = {key: as_microdata(each) for key, each in files.items()} if isinstance(files, Mapping) else files
    check_files(merged, kind)
    renamed = {key: _rename_columns(each, key, (names or {}).get(key, {})) for key, each in merged.items()}
    unknown = [each for each in names or {} if each not in merged]
    if unknown:
        raise OptionError(
            f"`names` has `{unknown[0]}`, which is not one of the files.", write=suggestion(unknown[0], merged)
        )
    target = into or kind
    for key, each in renamed.items():
        if target in each.frame.columns:
            raise ColumnError(
                f"`{key}` has a column `{target}` already.",
                write='Write another name for the column of files, for example `into="file"`.',
            )
    differences = conflicts_of_files(renamed, kind)
    _refuse_conflicts(differences, accept)
    order = list(dict.fromkeys(name for each in renamed.values() for name in each.frame.columns))
    keys = np.repeat(list(files), [len(each) for each in renamed.values()])
    columns = {target: pd.Series(keys, dtype=pd.StringDtype(na_value=np.nan))}
    frame = pd.DataFrame(columns | {name: stack_column(renamed, name) for name in order})
    codebook = _merge_codebooks(renamed, order, kind, target, differences)
    missing = {name: codes for name in order if (codes := stack_missing(renamed, name)) is not None}
    return Microdata(frame, count_reasons(frame, codebook, missing), missing)


def _rename_columns(data: Microdata, key: str, names: Mapping[str, str]) -> Microdata:
    """Return a file with new names of columns, in its codebook too."""
    absent = [each for each in names if each not in data.frame.columns]
    if absent:
        raise ColumnError(
            f"`{key}` has no column `{absent[0]}` to rename.", write=suggestion(absent[0], data.frame.columns)
        )
    after = [names.get(each, each) for each in data.frame.columns]
    twice = [each for each in after if after.count(each) > 1]
    if twice:
        raise ColumnError(
            f"Two columns of `{key}` would be named `{twice[0]}`.", write="Write another name for one of them."
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


def _refuse_conflicts(differences: Conflicts, accept: Collection[str]) -> None:
    """Refuse conflicts of meaning in variables that are not accepted; other kinds cannot be accepted."""
    accepted = (accept,) if isinstance(accept, str) else tuple(accept)
    frame = differences.frame
    bad = frame[frame["refused"] & (~frame["variable"].isin(accepted) | ~frame["kind"].isin(("meaning", "labelled")))]
    if not len(bad):
        return
    shown = [
        f"`{each.variable}`{'' if each.code == '' else f' code {code_text(each.code)}'} ({each.found})"
        for each in bad.head(3).itertuples()
    ]
    more = f", and {len(bad) - 3} more" if len(bad) > 3 else ""
    raise MisleadingError(
        f"The files do not mean the same by {', '.join(shown)}{more}.",
        write="Recode the files, or match their columns with `names`, until `first.conflicts(second)` lists none of "
        "these; name in `accept` the variables whose labels say the same after all.",
    )


def _merge_codebooks(
    files: Mapping[str, Microdata], order: Sequence[str], kind: str, target: str, differences: Conflicts
) -> Codebook:
    """Return one codebook of several."""
    books = {key: each.codebook for key, each in files.items()}
    values: dict[Code, Text] = {key: Text.same(key) for key in files}
    variables = {
        target: Variable(target, label=WORDS(f"merged_by.{kind}"), values=values, measure="nominal", storage="words")
    }
    for name in order:
        having = {key: book[name] for key, book in books.items() if name in book}
        if having:
            variables[name] = _merge_variables(name, having, kind)
    first = next(iter(books.values()))
    sets: dict[str, Responses] = {}
    for book in books.values():
        for name, each in book.sets.items():
            if set(each.columns) <= set(order):
                sets.setdefault(name, each)
    languages = (
        tuple(files) if kind == "language" else dict.fromkeys(tag for book in books.values() for tag in book.languages)
    )
    rows = ", ".join(f"{key} {len(each)}" for key, each in files.items())
    step = Step(
        "merge", (target,), WORDS("merge.step", rows=rows, differences=len(differences)), sum(map(len, files.values()))
    )
    return Codebook(
        variables,
        _merge_origins(books),
        sets=sets,
        title=first.title,
        languages=tuple(languages),
        steps=(*(each for book in books.values() for each in book.steps), step),
    )


def _merge_origins(books: Mapping[str, Codebook]) -> Origin:
    """Return where the files come from: their names, and their checksums as notices."""
    origins = {key: book.origin for key, book in books.items()}
    notices = tuple(
        Text.same(f"{key}: {each.file}, sha256 {each.sha256}") for key, each in origins.items() if each.file
    )
    return Origin(
        file=" + ".join(dict.fromkeys(each.file for each in origins.values() if each.file)),
        reader="; ".join(dict.fromkeys(each.reader for each in origins.values() if each.reader)),
        synthetic=any(each.synthetic for each in origins.values()),
        notices=notices + tuple(dict.fromkeys(each for origin in origins.values() for each in origin.notices)),
    )


def _merge_variables(name: str, having: Mapping[str, Variable], kind: str) -> Variable:
    """Return a variable of several files, with the wording of the first, or of each in its language."""
    first = next(iter(having.values()))

    def text(texts: Mapping[str, Text | None]) -> Text:
        written = {key: each for key, each in texts.items() if each}
        if kind == "wave":
            return next(iter(written.values()), NOTHING)
        return Text.of({key: in_language(each, key if key in dict(each.others) else key.partition("-")[0])
                        for key, each in written.items()})  # fmt: skip

    missing: dict[Code, str] = {}
    for each in having.values():
        for code, why in each.missing.items():
            missing[code] = missing.get(code) or why
    codes = {code_text(code): code for each in reversed(list(having.values())) for code in each.values}
    ordered = dict.fromkeys(code_text(code) for each in having.values() for code in each.values)
    labels = {key: {code_text(code): label for code, label in each.values.items()} for key, each in having.items()}
    values = {codes[code]: text({key: labels[key].get(code) for key in having}) for code in ordered}
    return replace(
        first,
        name=name,
        label=text({key: each.label for key, each in having.items()}),
        question=text({key: each.question for key, each in having.items()}),
        group=text({key: each.group for key, each in having.items()}),
        values=values,
        missing=missing,
        missing_ranges=tuple(dict.fromkeys(span for each in having.values() for span in each.missing_ranges)),
        measure=next((each.measure for each in having.values() if each.measure != "unknown"), "unknown"),
    )
