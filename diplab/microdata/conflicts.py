"""Where files that are to be merged do not say the same of a variable."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING, Any

import pandas as pd

from diplab.errors import OptionError, one_of
from diplab.microdata.answers import code_said
from diplab.microdata.in_memory import check_columns, frame_in_memory
from diplab.microdata.look_for import folded
from diplab.microdata.missing_values import is_missing_code
from diplab.microdata.shown import as_html, as_text, check_printed, worded
from diplab.microdata.variable import Variable
from diplab.reference.text import Text

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from diplab.microdata.microdata import Microdata

__all__ = ["MERGED_BY", "Conflicts", "conflicts"]

MERGED_BY = ("wave", "language")
_KINDS = {
    "type": Text("type", "type"),
    "meaning": Text("sens d’un code", "meaning"),
    "missing": Text("code de non-réponse", "missing"),
    "labelled": Text("libellé absent", "labelled"),
    "wording": Text("formulation", "wording"),
    "absent": Text("variable absente", "absent"),
    "set": Text("question à plusieurs réponses", "set"),
}
_HELD = {
    "": Text("", ""),
    "moments": Text("dates", "moments"),
    "numbers": Text("nombres", "numbers"),
    "words": Text("texte", "words"),
}


@dataclass(frozen=True, eq=False)
class Conflicts:
    """What files that are to be merged say differently.

    Parameters
    ----------
    frame : pandas.DataFrame
        One row a conflict: `variable`; `kind`; `code` where it is of one answer; `found`, in words; `refused`, true
        where the files are not merged unless the variable is accepted. Kinds: `type` (numbers and words), `meaning`
        (one code, two labels or two reasons), `missing` (a code that is no answer in one file is one in another): these
        are refused, and `labelled` (a label in some files only) is between languages, where it tells of another
        question. `wording` (label or question), `absent` (not in all files) and `set` are only told.
    language : {"fr", "en"}
        Language of the table and of `found`; the other words of `frame` stay as they are.
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
        said = Text(
            f"Différences : {number}, dont {refused} qui empêchent de réunir les fichiers.",
            f"{number} differences, of which {refused} keep the files apart.",
        )
        if not number:
            said = Text(
                "Les fichiers disent la même chose de chaque variable.",
                "The files say the same of every variable.",
            )
        return worded(said, self.language)

    def _printed(self) -> pd.DataFrame:
        return self.frame.assign(kind=[worded(_KINDS[each], self.language) for each in self.frame["kind"]])

    def __repr__(self) -> str:
        return as_text(self._printed(), self.language, after=[self._sentence()])

    def _repr_html_(self) -> str:
        return as_html(self._printed(), self.language, after=[self._sentence()])


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
    check_printed(language)
    names = dict.fromkeys(str(name) for each in files.values() for name in each.frame.columns)
    rows = [each for name in names for each in _of_variable(files, name, by)]
    rows += list(_of_sets(files))
    frame = pd.DataFrame(rows, columns=["variable", "kind", "code", "found", "refused"])
    frame["found"] = [worded(each, language) for each in frame["found"]]
    return Conflicts(frame.astype({"refused": bool, "found": object}), language)


def check_files(files: Mapping[str, Microdata], by: str) -> None:
    """Refuse fewer than two files, or files that are not in memory."""
    if by not in MERGED_BY:
        raise one_of("`by`", by, MERGED_BY)
    asked = "Files were to be merged."
    if not isinstance(files, Mapping):
        raise OptionError(
            asked,
            f"They were given as a {type(files).__name__}, which does not say which file is of which {by}.",
            'Write their names too: `merge({"2018": first, "2020": second})`.',
        )
    if len(files) < 2:
        raise OptionError(
            asked, f"{len(files)} was given.", 'Write two or more: `merge({"2018": first, "2020": second})`.'
        )
    for key, each in files.items():
        frame = frame_in_memory(each, asked)
        check_columns(each, tuple(frame.columns), asked)
        if each.linked:
            raise OptionError(
                asked,
                f"Tables hang on `{key}` ({', '.join(each.linked)}), and their keys may be those of another file.",
                "Merge the tables by themselves, or leave them out: `dataclasses.replace(data, linked={})`.",
            )


def _row(variable: str, kind: str, found: Text, code: Any = "", *, refused: bool = False) -> dict[str, Any]:
    return {"variable": variable, "kind": kind, "code": code, "found": found, "refused": refused}


def _of_variable(files: Mapping[str, Microdata], name: str, by: str) -> Iterator[dict[str, Any]]:
    having = {key: each for key, each in files.items() if name in each.frame.columns}
    if len(having) < len(files):
        gone = [key for key in files if key not in having]
        yield _row(name, "absent", _in_files("absente de {}", "not in {}", gone))
    variables = {key: each.codebook.variables.get(name, Variable(name)) for key, each in having.items()}
    kinds = {key: _kind(each.frame[name]) for key, each in having.items()}
    if len(set(kinds.values()) - {""}) > 1:
        yield _row(name, "type", _said({key: _HELD[kind] for key, kind in kinds.items()}), refused=True)
    if by == "wave":
        for field in ("label", "question"):
            said = {key: getattr(each, field) for key, each in variables.items() if getattr(each, field)}
            if any(not _same(one, two) for one, two in combinations(said.values(), 2)):
                yield _row(name, "wording", _said(said))
    yield from _of_codes(having, variables, name, by)


def _of_codes(
    having: Mapping[str, Microdata], variables: Mapping[str, Variable], name: str, by: str
) -> Iterator[dict[str, Any]]:
    """Give the conflicts of single codes: two meanings, an answer and no answer, a label in some files only."""
    codes = _declared(having, variables, name)
    if not codes and not any(each.missing_ranges for each in variables.values()):
        return
    held = {
        key: {code_said(value) for value in each.frame[name].dropna().unique().tolist()}
        for key, each in having.items()
    }
    labels = {
        key: {code_said(code): text for code, text in each.values.items() if not is_missing_code(code, each)}
        for key, each in variables.items()
    }
    codes |= _within_ranges(having, variables, name)
    for said, code in codes.items():
        gone = [key for key, each in variables.items() if is_missing_code(code, each)]
        answer = [key for key in having if key not in gone and (said in labels[key] or said in held[key])]
        if gone and answer:
            found = _in_files(
                "non-réponse dans {} ; réponse dans {}", "no answer in {}; an answer in {}", gone, answer
            )
            yield _row(name, "missing", found, code, refused=True)
        whys = {key: Text.same(why) for key in gone if (why := _reason(variables[key], code))}
        if by == "wave" and any(not _same(one, two) for one, two in combinations(whys.values(), 2)):
            yield _row(name, "meaning", _said(whys), code, refused=True)
        given = {key: labels[key][said] for key in having if said in labels[key]}
        if by == "wave" and any(not _same(one, two) for one, two in combinations(given.values(), 2)):
            yield _row(name, "meaning", _said(given), code, refused=True)
        unlabelled = [key for key in having if labels[key] and key not in given and key not in gone]
        if given and unlabelled:
            # two languages of one questionnaire label the same codes: other codes tell of another question
            found = _in_files("sans libellé dans {}", "no label in {}", unlabelled)
            yield _row(name, "labelled", found, code, refused=by == "language")


def _within_ranges(
    having: Mapping[str, Microdata], variables: Mapping[str, Variable], name: str
) -> dict[str, Any]:
    """Return the answers that are within a range of missing codes of one of the files, as they are written."""
    spans = [each for each in variables.values() if each.missing_ranges]
    if not spans:
        return {}
    answers = (value for each in having.values() for value in each.frame[name].dropna().unique().tolist())
    return {
        code_said(value): value for value in answers if any(is_missing_code(value, each) for each in spans)
    }


def _declared(
    having: Mapping[str, Microdata], variables: Mapping[str, Variable], name: str
) -> dict[str, Any]:
    """Return the codes that have a label or stand for no answer, in a codebook or in the cells, as they are written."""
    codes = {code_said(code): code for each in variables.values() for code in (*each.values, *each.missing)}
    gone = (each.missing[name].codes for each in having.values() if name in each.missing)
    return codes | {code_said(code): code for each in gone for code in each}


def _reason(variable: Variable, code: Any) -> str:
    """Return why a code is no answer, in the words of its file; nothing where it says none."""
    if code in variable.missing:
        return variable.missing[code]
    return next((each.reason for each in variable.missing_ranges if each.low <= code <= each.high), "")


def _of_sets(files: Mapping[str, Microdata]) -> Iterator[dict[str, Any]]:
    for name in dict.fromkeys(name for each in files.values() for name in each.codebook.sets):
        found = {key: each.codebook.sets[name] for key, each in files.items() if name in each.codebook.sets}
        if len({(tuple(each.columns), each.kind, code_said(each.counted)) for each in found.values()}) > 1:
            columns = {key: Text.same(", ".join(each.columns)) for key, each in found.items()}
            yield _row(name, "set", _said(columns))


def _kind(column: pd.Series[Any]) -> str:
    """Return what a column holds; nothing where it holds no answer."""
    if column.isna().all():
        return ""
    if pd.api.types.is_datetime64_any_dtype(column):
        return "moments"
    return "numbers" if pd.api.types.is_numeric_dtype(column) else "words"


def _same(one: Text, two: Text) -> bool:
    """Return whether two texts say the same in a language, apart from capitals, accents and spaces."""
    return any(
        " ".join(folded(mine).split()) == " ".join(folded(theirs).split())
        for mine, theirs in ((one.fr, two.fr), (one.en, two.en))
    )


def _in_files(french: str, english: str, *files: Sequence[str]) -> Text:
    named = [", ".join(each) for each in files]
    return Text(french.format(*named), english.format(*named))


def _said(by_file: Mapping[str, Text]) -> Text:
    return Text(
        " ; ".join(f"{key} : {said.fr}" for key, said in by_file.items()),
        "; ".join(f"{key}: {said.en}" for key, said in by_file.items()),
    )
