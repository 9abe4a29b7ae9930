"""What files that are to be merged say differently: names, types, labels and missing codes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import pandas as pd

from diplab.checks import argument, check_one_of
from diplab.errors import OptionError
from diplab.microdata.display import WORDS, ShownTable, check_language, in_language, join_texts
from diplab.microdata.frames import check_columns, frame_in_memory
from diplab.microdata.search import fold_accents
from diplab.microdata.variable import Variable, code_text, given_reason
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
    return join_texts(WORDS("conflicts.by_file", file=key, words=text) for key, text in texts.items())
