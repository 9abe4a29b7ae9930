"""Files with the same questions: what they say differently, and their rows stacked, such as the waves of a survey."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import numpy as np
import pandas as pd

from diplab.checks import LARGEST_EXACT, argument, check_one_of
from diplab.errors import ColumnError, MisleadingError, OptionError, suggestion
from diplab.microdata.codebook import Codebook, Origin
from diplab.microdata.display import WORDS, ShownTable, check_language, in_language, join_wordings
from diplab.microdata.frames import check_columns, frame_in_memory
from diplab.microdata.history import Step
from diplab.microdata.missing import MissingCodes, count_reasons
from diplab.microdata.multiple_response import Responses
from diplab.microdata.search import fold_accents
from diplab.microdata.variable import Code, Variable, code_text, given_reason
from diplab.reference.text import NOTHING, Text

if TYPE_CHECKING:
    from diplab.microdata.microdata import Microdata

MergedBy: TypeAlias = Literal["wave", "language"]


@dataclass(frozen=True, eq=False, repr=False)
class Conflicts(ShownTable):
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

    def _shown(self) -> tuple[pd.DataFrame, str, list[str], list[str]]:
        number, refused = len(self.frame), int(self.frame["refused"].sum())
        sentence = WORDS("conflicts.number" if number else "conflicts.none", number=number, refused=refused)
        kinds = [in_language(WORDS(f"conflict.{each}"), self.language) for each in self.frame["kind"]]
        return self.frame.assign(kind=kinds), self.language, [], [in_language(sentence, self.language)]


def conflicts(
    data: Microdata,
    *others: Microdata | pd.DataFrame,
    keys: Sequence[str] = (),
    kind: MergedBy = "wave",
    language: str = "en",
) -> Conflicts:
    """List what files that are to be merged say differently: names, types, labels and missing codes.

    Parameters
    ----------
    *others : Microdata or pandas.DataFrame
        The files that `merge` is to stack below it.
    keys : sequence of str, optional
        Names of the files in the list, the first one's included: `["2018", "2020"]`; by default `1`, `2`...
    kind : {"wave", "language"}
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
        Where there is no other file, one is not in memory, the keys are not as many as the files, or the language is
        neither French nor English.
    """
    from diplab.microdata.microdata import as_microdata

    files = [data, *map(as_microdata, others)]
    names = [str(each) for each in keys] or [str(at) for at in range(1, len(files) + 1)]
    if len(set(names)) != len(files):
        raise OptionError(
            f"{argument('keys', list(keys))} does not name {len(files)} files.",
            write="Write one name for each file, the first one's included.",
        )
    named = dict(zip(names, files, strict=True))
    check_files(named, kind)
    return conflicts_of_files(named, kind, language)


def conflicts_of_files(files: Mapping[str, Microdata], kind: MergedBy, language: str = "en") -> Conflicts:
    """Return the differences between files, by name."""
    check_language(language)
    names = dict.fromkeys(str(name) for each in files.values() for name in each.frame.columns)
    rows = [each for name in names for each in _conflicts_of_variable(files, name, kind)]
    rows += list(_conflicts_of_sets(files))
    frame = pd.DataFrame(rows, columns=["variable", "kind", "code", "found", "refused"])
    frame["found"] = [in_language(each, language) for each in frame["found"]]
    return Conflicts(frame.astype({"refused": bool, "found": object}), language)


def check_files(files: Mapping[str, Microdata], kind: str) -> None:
    """Refuse fewer than two files, and files that are not in memory."""
    check_one_of("kind", kind, MergedBy)
    if not isinstance(files, Mapping):
        raise OptionError(
            f"`files` is a {type(files).__name__}, which does not say which file is of which {kind}.",
            write='Write their names too: `merge({"2018": first, "2020": second})`.',
        )
    if len(files) < 2:
        raise OptionError(
            f"`files` has {len(files)} of the two or more files to merge.",
            write='Write for example `merge({"2018": first, "2020": second})`.',
        )
    for key, each in files.items():
        check_columns(each, *frame_in_memory(each).columns)
        if each.linked:
            raise OptionError(
                f"`{key}` has linked tables ({', '.join(each.linked)}), and their keys may be those of another file.",
                write="Merge the tables by themselves, or leave them out: `dataclasses.replace(data, linked={})`.",
            )


def _conflict(variable: str, kind: str, found: Text, code: Any = "", *, refused: bool = False) -> dict[str, Any]:
    return {"variable": variable, "kind": kind, "code": code, "found": found, "refused": refused}


def _conflicts_of_variable(files: Mapping[str, Microdata], name: str, kind: str) -> Iterator[dict[str, Any]]:
    having = {key: each for key, each in files.items() if name in each.frame.columns}
    if len(having) < len(files):
        without = [key for key in files if key not in having]
        yield _conflict(name, "absent", WORDS("conflicts.not_in", files=", ".join(without)))
    variables = {key: each.codebook.variable(name) for key, each in having.items()}
    types = {key: _type_of_column(each.frame[name]) for key, each in having.items()}
    if len(set(types.values()) - {""}) > 1:
        words = {key: WORDS(f"column_kind.{each}") if each else NOTHING for key, each in types.items()}
        yield _conflict(name, "type", _by_file(words), refused=True)
    if kind == "wave":
        for field in ("label", "question"):
            texts = {key: getattr(each, field) for key, each in variables.items() if getattr(each, field)}
            if _differ(texts):
                yield _conflict(name, "wording", _by_file(texts))
    yield from _conflicts_of_codes(having, variables, name, kind)


def _conflicts_of_codes(
    having: Mapping[str, Microdata], variables: Mapping[str, Variable], name: str, kind: str
) -> Iterator[dict[str, Any]]:
    """Yield the conflicts of single codes: two meanings, an answer and no answer, a label in some files only."""
    codes = {code_text(code): code for each in variables.values() for code in (*each.values, *each.missing)}
    in_cells = (each.missing[name].codes for each in having.values() if name in each.missing)
    codes |= {code_text(code): code for each in in_cells for code in each}
    ranged = [each for each in variables.values() if each.missing_ranges]
    if not codes and not ranged:
        return
    present = {
        key: {code_text(value): value for value in each.frame[name].dropna().unique().tolist()}
        for key, each in having.items()
    }
    labels = {
        key: {code_text(code): text for code, text in each.values.items() if each.why(code) is None}
        for key, each in variables.items()
    }
    for answers in present.values():
        codes |= {text: code for text, code in answers.items() if any(each.why(code) is not None for each in ranged)}
    for code, value in codes.items():
        missing = [key for key, each in variables.items() if each.why(value) is not None]
        answer = [key for key in having if key not in missing and (code in labels[key] or code in present[key])]
        if missing and answer:
            words = WORDS("conflicts.missing_in", files=", ".join(missing), others=", ".join(answer))
            yield _conflict(name, "missing", words, value, refused=True)
        whys = {key: Text.same(why) for key in missing if (why := given_reason(variables[key], value))}
        meanings = {key: labels[key][code] for key in having if code in labels[key]}
        for texts in (whys, meanings):
            if kind == "wave" and _differ(texts):
                yield _conflict(name, "meaning", _by_file(texts), value, refused=True)
        unlabelled = [key for key in having if labels[key] and key not in meanings and key not in missing]
        if meanings and unlabelled:
            # two languages of one questionnaire label the same codes: other codes mean another question
            words = WORDS("conflicts.no_label_in", files=", ".join(unlabelled))
            yield _conflict(name, "labelled", words, value, refused=kind == "language")


def _conflicts_of_sets(files: Mapping[str, Microdata]) -> Iterator[dict[str, Any]]:
    for name in dict.fromkeys(name for each in files.values() for name in each.codebook.sets):
        sets = {key: each.codebook.sets[name] for key, each in files.items() if name in each.codebook.sets}
        if len({(tuple(each.columns), each.kind, code_text(each.counted)) for each in sets.values()}) > 1:
            columns = {key: Text.same(", ".join(each.columns)) for key, each in sets.items()}
            yield _conflict(name, "set", _by_file(columns))


def _type_of_column(column: pd.Series[Any]) -> str:
    """Return what a column holds; nothing where it has no answer."""
    if column.isna().all():
        return ""
    if pd.api.types.is_datetime64_any_dtype(column):
        return "moments"
    return "numbers" if pd.api.types.is_numeric_dtype(column) else "words"


def _differ(texts: Mapping[str, Text]) -> bool:
    """Return whether two of the texts differ in both languages, apart from capitals, accents and spaces."""
    folded = [[" ".join(fold_accents(each).split()) for each in (text.fr, text.en)] for text in texts.values()]
    return any(one[0] != two[0] and one[1] != two[1] for one, two in combinations(folded, 2))


def _by_file(texts: Mapping[str, Text]) -> Text:
    return join_wordings([WORDS("conflicts.by_file", file=key, words=text) for key, text in texts.items()], "; ")


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
    if any(map(_has_many_digits, answered)):
        # where a file lacks the column, or has no key for a row, pandas would make floats of them all
        answered = [each.astype("Int64") if _is_whole(each) else each for each in answered]
    stacked: pd.Series[Any] = pd.concat(answered).reindex(range(ends[-1]))
    return stacked


def _has_many_digits(column: pd.Series[Any]) -> bool:
    """Return whether a column holds whole numbers that a float does not keep."""
    return pd.api.types.is_integer_dtype(column) and bool((column.abs() > LARGEST_EXACT).any())


def _is_whole(column: pd.Series[Any]) -> bool:
    """Return whether a column can be one of whole numbers with a sign."""
    known = column.dropna()
    numbers = pd.api.types.is_numeric_dtype(column) and bool((known == known.round()).all())
    return numbers and bool((known.abs() < _LONGEST).all())


_LONGEST = 2.0**63  # the least whole number that 64 bits with a sign do not hold


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
    from diplab.microdata.microdata import Microdata, as_microdata

    if not isinstance(kind, str) or isinstance(files, Microdata | pd.DataFrame):
        raise OptionError(
            "`merge` stacks files that asked the same questions, and was given tables one after the other.",
            "Tables with other columns, such as people and their households, are joined on a key.",
            'Write `people.join(households, on="household", unmatched="keep")`; to stack waves, '
            '`dl.merge({"2018": first, "2021": second})`.',
        )
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
