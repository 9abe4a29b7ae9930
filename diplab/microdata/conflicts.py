"""What files with the same questions, such as waves, disagree on: types, codes, labels and sets."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import chain, combinations
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import pandas as pd

from diplab.checks import argument, check_one_of
from diplab.errors import OptionError
from diplab.microdata.display import (
    WORDS,
    ShownTable,
    check_language,
    in_language,
    in_words,
    join_wordings,
    terms,
)
from diplab.microdata.frames import as_kind_of, check_columns, frame_in_memory
from diplab.microdata.search import fold_accents
from diplab.microdata.variable import (
    Variable,
    by_text,
    code_text,
    codes_by_text,
    filled,
    given_reason,
    labels_of_answers,
)
from diplab.reference.text import NOTHING, Text

if TYPE_CHECKING:
    from diplab.microdata.microdata import Microdata

MergedBy: TypeAlias = Literal["wave", "language"]


@dataclass(frozen=True, eq=False, repr=False)
class Conflicts(ShownTable):
    """Conflicts between files to merge, one per row; `refused` ones prevent the merge.

    Refused kinds are `type` (numbers and words), `meaning` (one code, two labels or reasons),
    `missing` (a missing code that is an answer elsewhere) and, between languages, `labelled` (a
    label in some files only). `wording`, `absent` and `set` are only listed.
    """

    frame: pd.DataFrame
    language: str = "en"

    @property
    def refused(self) -> list[str]:
        """The variables that prevent the merge."""
        return list(dict.fromkeys(self.frame.loc[self.frame["refused"], "variable"]))

    def __len__(self) -> int:
        return len(self.frame)

    def _shown(self) -> tuple[pd.DataFrame, str, list[str], list[str]]:
        number, refused = len(self.frame), int(self.frame["refused"].sum())
        sentence = WORDS(
            "conflicts.number" if number else "conflicts.none", number=number, refused=refused
        )
        kinds = terms(WORDS.section("conflict"), self.language)
        return (
            self.frame.assign(kind=self.frame["kind"].map(kinds)),
            self.language,
            [],
            [in_language(sentence, self.language)],
        )


def conflicts(
    data: Microdata,
    *others: Microdata | pd.DataFrame,
    keys: Sequence[str] = (),
    kind: MergedBy = "wave",
    language: str = "en",
) -> Conflicts:
    """List the differences between files to merge: names, types, labels and missing codes.

    Parameters
    ----------
    *others : Microdata or pandas.DataFrame
        The files to stack below it.
    keys : sequence of str, optional
        Names of the files, the first one's included: `["2018", "2020"]`; by default `1`, `2` and
        so on.
    kind : {"wave", "language"}
        Between languages, codes are compared but labels are not.
    language : {"fr", "en"}
        Language of the table that is shown.

    Returns
    -------
    Conflicts
        A table in a notebook, with `.frame` and `.refused`.

    Raises
    ------
    OptionError
        Where there is no other file, one is not in memory, the number of keys is not that of the
        files, or the language is neither French nor English.
    """
    files = [data, *map(partial(as_kind_of, type(data)), others)]
    names = list(map(str, keys)) or list(map(str, range(1, len(files) + 1)))
    if len(set(names)) != len(files):
        raise OptionError(
            f"{argument('keys', list(keys))} does not name {len(files)} files.",
            write="Write one name for each file, the first one's included.",
        )
    named = dict(zip(names, files, strict=True))
    check_files(named, kind)
    return conflicts_of_files(named, kind, language)


def columns_of(files: Iterable[Microdata]) -> list[str]:
    """Return the columns of several files, in order of appearance."""
    return list(dict.fromkeys(chain.from_iterable(file.frame.columns for file in files)))


def conflicts_of_files(
    files: Mapping[str, Microdata], kind: MergedBy, language: str = "en"
) -> Conflicts:
    """Return the conflicts between files, given by name."""
    check_language(language)
    rows: list[dict[str, Any]] = []
    for name in columns_of(files.values()):
        rows += _conflicts_of_variable(files, name, kind)
    rows += _conflicts_of_sets(files)
    frame = pd.DataFrame(rows, columns=["variable", "kind", "code", "found", "refused"])
    frame["found"] = in_words(frame["found"], language)
    return Conflicts(frame.astype({"refused": bool, "found": object}), language)


def check_files(files: Mapping[str, Microdata], kind: str) -> None:
    """Raise an error for fewer than two files, or files that are not in memory."""
    check_one_of("kind", kind, MergedBy)
    if not isinstance(files, Mapping):
        raise OptionError(
            f"`files` is a {type(files).__name__}, which does not name the {kind} of each file.",
            write='Write their names too: `merge({"2018": first, "2020": second})`.',
        )
    if len(files) < 2:
        raise OptionError(
            f"`files` holds {len(files)}, and at least two files are needed.",
            write='Write for example `merge({"2018": first, "2020": second})`.',
        )
    for key, file in files.items():
        check_columns(file, *frame_in_memory(file).columns)
        if file.linked:
            raise OptionError(
                f"`{key}` has linked tables ({', '.join(file.linked)}), and their keys may be "
                "those of another file.",
                write="Merge the tables separately, or omit them: `dataclasses.replace(data, "
                "linked={})`.",
            )


def _conflict(
    variable: str, kind: str, found: Text, code: Any = "", *, refused: bool = False
) -> dict[str, Any]:
    return {"variable": variable, "kind": kind, "code": code, "found": found, "refused": refused}


def _conflicts_of_variable(
    files: Mapping[str, Microdata], name: str, kind: str
) -> Iterator[dict[str, Any]]:
    having = {key: file for key, file in files.items() if name in file.frame.columns}
    if len(having) < len(files):
        without = [key for key in files if key not in having]
        yield _conflict(name, "absent", WORDS("conflicts.not_in", files=", ".join(without)))
    variables, types = {}, {}
    for key, file in having.items():
        variables[key] = file.codebook.variable(name)
        types[key] = _type_of_column(file.frame[name])
    if len(set(filter(None, types.values()))) > 1:
        yield _conflict(name, "type", _by_file(types), refused=True)
    if kind == "wave":
        for field in ("label", "question"):
            texts = {}
            for key, variable in variables.items():
                texts[key] = getattr(variable, field)
            texts = filled(texts)
            if _differ(texts):
                yield _conflict(name, "wording", _by_file(texts))
    yield from _conflicts_of_codes(having, variables, name, kind)


def _conflicts_of_codes(
    having: Mapping[str, Microdata], variables: Mapping[str, Variable], name: str, kind: str
) -> Iterator[dict[str, Any]]:
    """Yield the conflicts of codes: two meanings, or missing or unlabelled in one file only."""
    listed: list[Any] = []
    for variable in variables.values():
        listed += (*variable.values, *variable.missing)
    for file in having.values():
        if name in file.missing:
            listed += file.missing[name].codes
    ranged = {key: variable for key, variable in variables.items() if variable.missing_ranges}
    if not listed and not ranged:
        return
    labels: dict[str, dict[str, Text]] = {}
    present = {}
    for key, variable in variables.items():
        answers = having[key].frame[name].dropna().unique().tolist()
        present[key] = set(map(code_text, answers))
        listed += [value for value in answers if _files_missing(ranged, value)]
        labels[key] = by_text(labels_of_answers(variable))
    for code, value in codes_by_text(listed).items():
        missing = _files_missing(variables, value)
        others = [key for key in having if key not in missing]
        answer = [key for key in others if code in labels[key] or code in present[key]]
        if missing and answer:
            words = WORDS(
                "conflicts.missing_in", files=", ".join(missing), others=", ".join(answer)
            )
            yield _conflict(name, "missing", words, value, refused=True)
        whys = filled({key: Text.same(given_reason(variables[key], value)) for key in missing})
        meanings = {key: labels[key][code] for key in having if code in labels[key]}
        for texts in (whys, meanings):
            if kind == "wave" and _differ(texts):
                yield _conflict(name, "meaning", _by_file(texts), value, refused=True)
        unlabelled = [key for key in others if labels[key] and key not in meanings]
        if meanings and unlabelled:
            # two languages of one questionnaire label the same codes: other codes mean another
            # question
            words = WORDS("conflicts.no_label_in", files=", ".join(unlabelled))
            yield _conflict(name, "labelled", words, value, refused=kind == "language")


def _files_missing(variables: Mapping[str, Variable], code: Any) -> list[str]:
    """Return the files in which a code is missing."""
    return [key for key, variable in variables.items() if variable.why(code) is not None]


def _conflicts_of_sets(files: Mapping[str, Microdata]) -> Iterator[dict[str, Any]]:
    for name in dict.fromkeys(chain(*(file.codebook.sets for file in files.values()))):
        columns, different = {}, set()
        for key, file in files.items():
            if (item := file.codebook.sets.get(name)) is not None:
                columns[key] = Text.same(", ".join(item.columns))
                different.add((tuple(item.columns), item.kind, code_text(item.counted)))
        if len(different) > 1:
            yield _conflict(name, "set", _by_file(columns))


def _type_of_column(column: pd.Series[Any]) -> Text:
    """Return the type of a column in words; empty if it has no answer."""
    if column.isna().all():
        return NOTHING
    if pd.api.types.is_datetime64_any_dtype(column):
        return WORDS("column_kind.moments")
    if pd.api.types.is_numeric_dtype(column):
        return WORDS("column_kind.numbers")
    return WORDS("column_kind.words")


def _differ(texts: Mapping[str, Text]) -> bool:
    """Return whether two texts differ in both languages, ignoring capitals, accents and spaces."""
    for one, two in combinations(texts.values(), 2):
        if _plain(one.fr) != _plain(two.fr) and _plain(one.en) != _plain(two.en):
            return True
    return False


def _plain(words: str) -> str:
    return " ".join(fold_accents(words).split())


def _by_file(texts: Mapping[str, Text]) -> Text:
    return join_wordings(
        [WORDS("conflicts.by_file", file=key, words=text) for key, text in texts.items()], "; "
    )
