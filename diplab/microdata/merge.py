"""Files with the same questions stacked, such as the waves of a survey, and the conflicts between them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from itertools import combinations
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import numpy as np
import pandas as pd

from diplab.checks import check_one_of
from diplab.errors import ColumnError, MisleadingError, OptionError, suggestion
from diplab.microdata.codebook import Codebook, Origin
from diplab.microdata.display import WORDS, check_language, in_language, join_texts, table_html, table_text
from diplab.microdata.frames import check_columns, frame_in_memory
from diplab.microdata.history import Step
from diplab.microdata.microdata import Microdata
from diplab.microdata.missing import MissingCodes, count_reasons
from diplab.microdata.missing_values import is_missing_code
from diplab.microdata.search import fold_accents
from diplab.microdata.variable import Variable, code_text
from diplab.reference.text import NOTHING, Text

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Sequence

    from diplab.microdata.multiple_response import Responses
    from diplab.microdata.variable import Code

__all__ = ["conflicts", "merge"]


MergedBy: TypeAlias = Literal["wave", "language"]


@dataclass(frozen=True, eq=False)
class Conflicts:
    """Differences between files that are to be merged: one row per conflict, `refused` where it prevents the merge.

    Refused kinds: `type` (numbers and words), `meaning` (one code, two labels or reasons), `missing` (a missing code
    that is an answer elsewhere) and, between languages, `labelled` (a label in some files only). `wording`, `absent`
    and `set` are only listed.
    """

    frame: pd.DataFrame
    language: str = "en"

    @property
    def refused(self) -> list[str]:
        """Variables that would not be merged."""
        return list(dict.fromkeys(self.frame.loc[self.frame["refused"], "variable"]))

    def __len__(self) -> int:
        return len(self.frame)

    def _sentence(self) -> str:
        number, refused = len(self.frame), int(self.frame["refused"].sum())
        key = "conflicts.number" if number else "conflicts.none"
        return in_language(WORDS(key, number=number, refused=refused), self.language)

    def _printed(self) -> pd.DataFrame:
        return self.frame.assign(
            kind=[in_language(WORDS(f"conflict.{each}"), self.language) for each in self.frame["kind"]]
        )

    def __repr__(self) -> str:
        return table_text(self._printed(), self.language, after=[self._sentence()])

    def _repr_html_(self) -> str:
        return table_html(self._printed(), self.language, after=[self._sentence()])


def conflicts(files: Mapping[str, Microdata], by: str = "wave", *, language: str = "en") -> Conflicts:
    """List what files that are to be merged say differently: names, types, labels and missing codes.

    Parameters
    ----------
    files : mapping of str to Microdata
        By wave, or by language.
    by : {"wave", "language"}
        Labels of two languages are not compared, their codes are.
    language : {"fr", "en"}
        Language of the table that is shown.

    Returns
    -------
    Conflicts
        A table in a notebook, with `.frame` and `.refused`.

    Raises
    ------
    OptionError
        Where there are fewer than two files, one is not in memory, or the table is asked for in another language.

    Examples
    --------
    >>> from diplab.microdata.codebook import Codebook
    >>> from diplab.microdata.microdata import Microdata
    >>> from diplab.reference.text import Text
    >>> def wave(label):
    ...     book = Codebook().described("job", values={1: Text.same(label)})
    ...     return Microdata(pd.DataFrame({"job": [1]}), book)
    >>> conflicts({"2018": wave("permanent"), "2020": wave("no job")}).frame["found"].tolist()
    ['2018: permanent; 2020: no job']
    """
    check_files(files, by)
    check_language(language)
    names = dict.fromkeys(str(name) for each in files.values() for name in each.frame.columns)
    rows = [each for name in names for each in _conflicts_of_variable(files, name, by)]
    rows += list(_conflicts_of_sets(files))
    frame = pd.DataFrame(rows, columns=["variable", "kind", "code", "found", "refused"])
    frame["found"] = [in_language(each, language) for each in frame["found"]]
    return Conflicts(frame.astype({"refused": bool, "found": object}), language)


def check_files(files: Mapping[str, Microdata], by: str) -> None:
    """Refuse fewer than two files, or files that are not in memory."""
    check_one_of("by", by, MergedBy)
    if not isinstance(files, Mapping):
        raise OptionError(
            f"`files` is a {type(files).__name__}, which does not say which file is of which {by}.",
            "",
            'Write their names too: `merge({"2018": first, "2020": second})`.',
        )
    if len(files) < 2:
        raise OptionError(
            f"`files` has {len(files)} of the two or more files to merge.",
            "",
            'Write for example `merge({"2018": first, "2020": second})`.',
        )
    for key, each in files.items():
        frame = frame_in_memory(each)
        check_columns(each, *frame.columns)
        if each.linked:
            raise OptionError(
                f"`{key}` has linked tables ({', '.join(each.linked)}), and their keys may be those of another file.",
                "",
                "Merge the tables by themselves, or leave them out: `dataclasses.replace(data, linked={})`.",
            )


def _conflict(
    variable: str, kind: str, found: Text, code: Any = "", *, refused: bool = False
) -> dict[str, Any]:
    return {"variable": variable, "kind": kind, "code": code, "found": found, "refused": refused}


def _conflicts_of_variable(files: Mapping[str, Microdata], name: str, by: str) -> Iterator[dict[str, Any]]:
    having = {key: each for key, each in files.items() if name in each.frame.columns}
    if len(having) < len(files):
        without = [key for key in files if key not in having]
        yield _conflict(name, "absent", WORDS("conflicts.not_in", files=", ".join(without)))
    variables = {key: each.codebook.variable(name) for key, each in having.items()}
    kinds = {key: _kind_of_column(each.frame[name]) for key, each in having.items()}
    if len(set(kinds.values()) - {""}) > 1:
        words = {key: WORDS(f"column_kind.{kind}") if kind else NOTHING for key, kind in kinds.items()}
        yield _conflict(name, "type", _by_file(words), refused=True)
    if by == "wave":
        for field in ("label", "question"):
            texts = {key: getattr(each, field) for key, each in variables.items() if getattr(each, field)}
            if _differ(texts):
                yield _conflict(name, "wording", _by_file(texts))
    yield from _conflicts_of_codes(having, variables, name, by)


def _conflicts_of_codes(
    having: Mapping[str, Microdata], variables: Mapping[str, Variable], name: str, by: str
) -> Iterator[dict[str, Any]]:
    """Yield the conflicts of single codes: two meanings, an answer and no answer, a label in some files only."""
    codes = _declared_codes(having, variables, name)
    if not codes and not any(each.missing_ranges for each in variables.values()):
        return
    present = {
        key: {code_text(value) for value in each.frame[name].dropna().unique().tolist()}
        for key, each in having.items()
    }
    labels = {
        key: {code_text(code): text for code, text in each.values.items() if not is_missing_code(code, each)}
        for key, each in variables.items()
    }
    codes |= _answers_in_missing_ranges(having, variables, name)
    for code, value in codes.items():
        missing = [key for key, each in variables.items() if is_missing_code(value, each)]
        answer = [
            key for key in having if key not in missing and (code in labels[key] or code in present[key])
        ]
        if missing and answer:
            words = WORDS("conflicts.missing_in", files=", ".join(missing), others=", ".join(answer))
            yield _conflict(name, "missing", words, value, refused=True)
        whys = {key: Text.same(why) for key in missing if (why := _reason_of_code(variables[key], value))}
        meanings = {key: labels[key][code] for key in having if code in labels[key]}
        for texts in (whys, meanings):
            if by == "wave" and _differ(texts):
                yield _conflict(name, "meaning", _by_file(texts), value, refused=True)
        unlabelled = [key for key in having if labels[key] and key not in meanings and key not in missing]
        if meanings and unlabelled:
            # two languages of one questionnaire label the same codes: other codes mean another question
            words = WORDS("conflicts.no_label_in", files=", ".join(unlabelled))
            yield _conflict(name, "labelled", words, value, refused=by == "language")


def _answers_in_missing_ranges(
    having: Mapping[str, Microdata], variables: Mapping[str, Variable], name: str
) -> dict[str, Any]:
    """Return the answers that are within a range of missing codes of one of the files, by their text."""
    spans = [each for each in variables.values() if each.missing_ranges]
    if not spans:
        return {}
    answers = (value for each in having.values() for value in each.frame[name].dropna().unique().tolist())
    return {
        code_text(value): value for value in answers if any(is_missing_code(value, each) for each in spans)
    }


def _declared_codes(
    having: Mapping[str, Microdata], variables: Mapping[str, Variable], name: str
) -> dict[str, Any]:
    """Return the codes that have a label or are missing codes, in a codebook or in cells, by their text."""
    codes = {code_text(code): code for each in variables.values() for code in (*each.values, *each.missing)}
    missing = (each.missing[name].codes for each in having.values() if name in each.missing)
    return codes | {code_text(code): code for each in missing for code in each}


def _reason_of_code(variable: Variable, code: Any) -> str:
    """Return why a code is missing, in the words of its file; nothing where it gives no reason."""
    if code in variable.missing:
        return variable.missing[code]
    return next((each.reason for each in variable.missing_ranges if each.low <= code <= each.high), "")


def _conflicts_of_sets(files: Mapping[str, Microdata]) -> Iterator[dict[str, Any]]:
    for name in dict.fromkeys(name for each in files.values() for name in each.codebook.sets):
        sets = {key: each.codebook.sets[name] for key, each in files.items() if name in each.codebook.sets}
        if len({(tuple(each.columns), each.kind, code_text(each.counted)) for each in sets.values()}) > 1:
            columns = {key: Text.same(", ".join(each.columns)) for key, each in sets.items()}
            yield _conflict(name, "set", _by_file(columns))


def _kind_of_column(column: pd.Series[Any]) -> str:
    """Return what a column holds; nothing where it has no answer."""
    if column.isna().all():
        return ""
    if pd.api.types.is_datetime64_any_dtype(column):
        return "moments"
    return "numbers" if pd.api.types.is_numeric_dtype(column) else "words"


def _differ(texts: Mapping[str, Text]) -> bool:
    """Return whether two of the texts differ in both languages, apart from capitals, accents and spaces."""

    def folded(text: Text) -> tuple[str, str]:
        french, english = (" ".join(fold_accents(each).split()) for each in (text.fr, text.en))
        return french, english

    pairs = combinations(map(folded, texts.values()), 2)
    return any(one[0] != two[0] and one[1] != two[1] for one, two in pairs)


def _by_file(texts: Mapping[str, Text]) -> Text:
    return join_texts(WORDS("conflicts.by_file", file=key, words=text) for key, text in texts.items())


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
    codes: dict[str, Any] = {}
    for each in files.values():
        for code in each.missing[name].codes if name in each.missing else ():
            codes.setdefault(code_text(code), code)
    if not codes:
        return None
    rank = {code: place for place, code in enumerate(codes)}
    parts = []
    for each in files.values():
        places = np.full(len(each), -1, dtype=np.int32)
        if name in each.missing:
            cells = each.missing[name]
            table = np.array([*(rank[code_text(code)] for code in cells.codes), -1], dtype=np.int32)
            places = table[cells.places]
        parts.append(places)
    return MissingCodes(tuple(codes.values()), np.concatenate(parts))


def merge(
    files: Mapping[str, Microdata],
    by: Literal["wave", "language"] = "wave",
    *,
    column: str | None = None,
    names: Mapping[str, Mapping[str, str]] | None = None,
    accept: Collection[str] = (),
) -> Microdata:
    """Stack files that asked the same questions, with a column for the file of each row.

    Variables are matched by name. `conflicts` lists their differences between files; a code with two meanings is
    refused until a file is recoded or the variable is accepted.

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
        Where there are fewer than two files, tables are linked to one, or answers are not in memory.

    Examples
    --------
    >>> def wave(hours):
    ...     return Microdata(pd.DataFrame({"hours": hours}), Codebook().described("hours", measure="scale"))
    >>> both = merge({"2018": wave([10, 20]), "2020": wave([30])})
    >>> both.frame.values.tolist()
    [['2018', 10], ['2018', 20], ['2020', 30]]
    """
    check_files(files, by)
    renamed = {key: _rename_columns(each, key, (names or {}).get(key, {})) for key, each in files.items()}
    _check_names_of_files(names or {}, files)
    target = by if column is None else column
    for key, each in renamed.items():
        if target in each.frame.columns:
            raise ColumnError(
                f"`{key}` has a column `{target}` already.",
                "",
                'Write another name for the column of files, for example `column="file"`.',
            )
    found = conflicts(renamed, by)
    _refuse_conflicts(found, accept)
    order = list(dict.fromkeys(name for each in renamed.values() for name in each.frame.columns))
    frame = pd.DataFrame({name: stack_column(renamed, name) for name in order})
    lengths = [len(each) for each in renamed.values()]
    words = pd.Series(np.repeat(list(files), lengths), name=target, dtype=pd.StringDtype(na_value=np.nan))
    frame = pd.concat([words, frame], axis=1)
    codebook = _merge_codebooks(renamed, order, by, target, found)
    missing = {}
    for name in order:
        codes = stack_missing(renamed, name)
        if codes is not None:
            missing[name] = codes
    return Microdata(frame, count_reasons(frame, codebook, missing), missing)


def _rename_columns(data: Microdata, key: str, names: Mapping[str, str]) -> Microdata:
    """Return a file with new names of columns, in its codebook too."""
    absent = [each for each in names if each not in data.frame.columns]
    if absent:
        raise ColumnError(
            f"`{key}` has no column `{absent[0]}` to rename.", "", suggestion(absent[0], data.frame.columns)
        )
    after = [names.get(each, each) for each in data.frame.columns]
    twice = [each for each in after if after.count(each) > 1]
    if twice:
        raise ColumnError(
            f"Two columns of `{key}` would be named `{twice[0]}`.", "", "Write another name for one of them."
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


def _check_names_of_files(names: Mapping[str, Mapping[str, str]], files: Mapping[str, Microdata]) -> None:
    unknown = [each for each in names if each not in files]
    if unknown:
        raise OptionError(
            f"`names` has `{unknown[0]}`, which is not one of the files.", "", suggestion(unknown[0], files)
        )


def _refuse_conflicts(found: Conflicts, accept: Collection[str]) -> None:
    """Refuse conflicts of meaning in variables that are not accepted; other kinds cannot be accepted."""
    accepted = (accept,) if isinstance(accept, str) else tuple(accept)
    frame = found.frame
    bad = frame[
        frame["refused"] & (~frame["variable"].isin(accepted) | ~frame["kind"].isin(("meaning", "labelled")))
    ]
    if not len(bad):
        return
    shown = [
        f"`{each.variable}`{'' if each.code == '' else f' code {code_text(each.code)}'} ({each.found})"
        for each in bad.head(3).itertuples()
    ]
    more = f", and {len(bad) - 3} more" if len(bad) > 3 else ""
    raise MisleadingError(
        f"The files do not mean the same by {', '.join(shown)}{more}.",
        "",
        "Recode the files, or match their columns with `names`, until `conflicts(files)` lists no more of these; name "
        "in `accept` the variables whose labels say the same after all.",
    )


def _merge_codebooks(
    files: Mapping[str, Microdata], order: Sequence[str], by: str, target: str, found: Conflicts
) -> Codebook:
    """Return one codebook of several."""
    books = {key: each.codebook for key, each in files.items()}
    values: dict[Code, Text] = {key: Text.same(key) for key in files}
    variables = {
        target: Variable(
            target, label=WORDS(f"merged_by.{by}"), values=values, measure="nominal", storage="words"
        )
    }
    for name in order:
        having = {key: book[name] for key, book in books.items() if name in book}
        if having:
            variables[name] = _merge_variables(name, having, by)
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
    rows = ", ".join(f"{key} {len(each)}" for key, each in files.items())
    step = Step(
        "merge",
        (target,),
        WORDS("merge.step", rows=rows, differences=len(found)),
        sum(map(len, files.values())),
    )  # fmt: skip
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
        notices=notices
        + tuple(dict.fromkeys(each for origin in origins.values() for each in origin.notices)),
    )


def _merge_variables(name: str, having: Mapping[str, Variable], by: str) -> Variable:
    """Return a variable of several files, with the wording of the first, or of each in its language."""
    first = next(iter(having.values()))

    def text(of: Callable[[Variable], Text | None]) -> Text:
        said = {key: of(each) or NOTHING for key, each in having.items()}
        if by == "wave":
            return next((each for each in said.values() if each), NOTHING)
        return Text.of({key: in_language(each, key.partition("-")[0]) if key not in dict(each.others)
                        else dict(each.others)[key] for key, each in said.items()})  # fmt: skip

    missing: dict[Code, str] = {}
    for each in having.values():
        for code, why in each.missing.items():
            missing[code] = missing.get(code) or why
    codes = {code_text(code): code for each in reversed(list(having.values())) for code in each.values}
    ordered = dict.fromkeys(code_text(code) for each in having.values() for code in each.values)
    values = {
        codes[code]: text(lambda each, code=code: _labels_by_text(each).get(code))  # type: ignore[misc]
        for code in ordered
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


def _labels_by_text(variable: Variable) -> dict[str, Text]:
    return {code_text(code): label for code, label in variable.values.items()}
