"""What a file says of its columns merged with a codebook given by hand; identifying columns; plain labels."""

from __future__ import annotations

import html
import re
from dataclasses import replace
from typing import TYPE_CHECKING

from diplab.errors import ColumnError, nearest
from diplab.loaders.notices import naming
from diplab.loaders.source import refused
from diplab.reference.text import Text

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from diplab.loaders.request import Request
    from diplab.loaders.source import SourceFile
    from diplab.microdata.codebook import Codebook
    from diplab.microdata.variable import Code, Variable

__all__ = [
    "completed",
    "described",
    "left_out",
    "overlay",
    "personal_column",
    "personal_left_out",
    "plain_words",
    "synthetic",
    "without_markdown",
]


_TAG = re.compile(r"(</?[A-Za-z][^<>]*>|<!--|-->)")
_NAME = re.compile(r"</?(?:a|b|em|font|i|span|strong|sub|sup|u)\b", re.IGNORECASE)
"""Tags that part no words: `<b>w</b>ork` is one word."""

_UNSEEN = re.compile(r"<(/?)(script|style)\b", re.IGNORECASE)
_LINK = re.compile(r"!?\[([^\[\]]*)\]\([^()]*\)")
_HEADING = re.compile(r"^\s{0,3}#{1,6}\s+", re.MULTILINE)
_STRONG = re.compile(r"(\*\*|__|\*)(?=\S)([^*_\n]+?)(?<=\S)\1")


def plain_words(wording: str) -> str:
    """Return a wording without its HTML.

    A sign `<` that opens no tag stays: `under < 5 hours` is words. What comments, scripts and styles hold is left out.

    Parameters
    ----------
    wording : str
        As the questionnaire holds it.

    Examples
    --------
    >>> plain_words("Do you <b>work</b>?<br>Chocolate with &gt;80%&nbsp;cocoa")
    'Do you work? Chocolate with >80% cocoa'
    """
    if "<" not in wording and "&" not in wording:
        return " ".join(wording.split())
    kept: list[str] = []
    unseen = ""
    for place, piece in enumerate(_TAG.split(wording)):
        if place % 2 == 0:
            kept.append("" if unseen else piece)
            continue
        if piece == "-->":
            kept.append(" " if unseen == "<!--" else "" if unseen else piece)
            unseen = "" if unseen == "<!--" else unseen
            continue
        if piece == "<!--":
            unseen = unseen or piece
            continue
        border = _UNSEEN.match(piece)
        if border and unseen != "<!--":
            unseen = "" if border[1] else border[2]
        kept.append("" if _NAME.match(piece) else " ")
    return " ".join(html.unescape("".join(kept)).split())


def without_markdown(wording: str) -> str:
    r"""Return a wording without its HTML, nor the emphasis, headings and addresses of links of Markdown.

    Parameters
    ----------
    wording : str
        As a form of ODK holds it.

    Examples
    --------
    >>> without_markdown("# **Age**<br/>in <span style='color:red'>years</span> &amp; months, see [help](a.html)\n")
    'Age in years & months, see help'
    >>> without_markdown("earn < 100 or > 200, ${first_name} * 2")
    'earn < 100 or > 200, ${first_name} * 2'
    """
    return plain_words(_STRONG.sub(r"\2", _LINK.sub(r"\1", _HEADING.sub("", wording))))


def left_out(names: Collection[str]) -> tuple[Text, ...]:
    """Return the notice of columns, or tables, that say who answered; none where there are none.

    Examples
    --------
    >>> [str(each) for each in left_out(["token"])]
    ['Left out, for they say who answered or where: `token` (`private=True` keeps them).']
    """
    return naming(
        names,
        "Laissés de côté, car ils disent qui a répondu ou d’où : {names} (`private=True` les garde).",
        "Left out, for they say who answered or where: {names} (`private=True` keeps them).",
    )


def personal_left_out(source: SourceFile, request: Request, personal: Collection[str]) -> tuple[Text, ...]:
    """Return the notice that names the columns left out, none where all are kept.

    Parameters
    ----------
    source : SourceFile
        The file.
    request : Request
        Whether they are kept.
    personal : collection of str
        The columns of the file that name people, their addresses, their places.

    Raises
    ------
    ColumnError
        Where one of them was asked for by name, and not allowed.
    """
    if request.private:
        return ()
    for name in request.columns or ():
        if name in personal:
            raise personal_column(source, name)
    return left_out(personal)


def personal_column(source: SourceFile, name: str) -> ColumnError:
    """Return the error for a column that says who answered, and was asked for by its name."""
    return ColumnError(
        f"`{name}` was asked of the file `{source.path.name}`.",
        "It says who answered or where, and is left out by default.",
        "Write `private=True` to read it, and keep the data as the law asks.",
    )


def described(
    variables: Mapping[str, Variable], codebook: Codebook | None, source: SourceFile
) -> dict[str, Variable]:
    """Return the variables of a file as the given codebook corrects and completes them.

    A codebook may describe more columns than this file has (one codebook for several files); those are left
    out. One that describes none of them belongs to another file.

    Raises
    ------
    LoadError
        Where the codebook and the file have no column in common.
    """
    if codebook is None or not codebook.variables:
        return dict(variables)
    if variables and not set(codebook.variables) & set(variables):
        first, *others = codebook.variables
        shown = f"`{first}`" + (f" and {len(others)} more" if others else " alone")
        raise refused(
            source,
            f"Its codebook describes {shown}, and the file has none of them.",
            f"Write the names that the file uses, such as {nearest(first, variables)}.",
        )
    return {
        name: overlay(variable, codebook.variables[name]) if name in codebook else variable
        for name, variable in variables.items()
    }


def overlay(found: Variable, given: Variable) -> Variable:
    """Return a variable as its file has it, corrected and completed by a codebook.

    What the codebook says wins: its wordings replace the file's, its codes are added to the file's, and a
    code that it labels as an answer is no longer missing. The label of a code declared missing becomes its
    reason.

    Parameters
    ----------
    found : Variable
        As the file says.
    given : Variable
        As the codebook says.

    Examples
    --------
    >>> from diplab.microdata.variable import Variable
    >>> from diplab.reference.text import Text
    >>> found = Variable("sex", values={1: Text.same("F"), 9: Text.same("?")})
    >>> overlay(found, Variable("sex", missing={9: ""})).missing
    {9: '?'}
    """
    labels = {**found.values, **given.values}
    missing = {code: reason for code, reason in found.missing.items() if code not in given.values}
    missing |= {code: reason or missing.get(code, "") for code, reason in given.missing.items()}
    missing = {
        code: reason or (labels[code].en if code in labels else "") for code, reason in missing.items()
    }
    return replace(
        found,
        label=given.label or found.label,
        question=given.question or found.question,
        values={code: label for code, label in labels.items() if code not in missing},
        measure=found.measure if given.measure == "unknown" else given.measure,
        missing=missing,
        missing_ranges=given.missing_ranges or found.missing_ranges,
        group=given.group or found.group,
        part_of=given.part_of or found.part_of,
        storage=given.storage or found.storage,
        unit=given.unit or found.unit,
        missing_labels=_worded(labels, missing, found, given),
    )


def _worded(
    labels: Mapping[Code, Text], missing: Mapping[Code, str], found: Variable, given: Variable
) -> dict[Code, Text]:
    """Return the wordings of missing codes that differ between languages: their labels, where they were answers."""
    own = {**found.missing_labels, **given.missing_labels}
    said = {code: own.get(code) or labels.get(code) for code in missing}
    return {
        code: text
        for code, text in said.items()
        if text and text.en == missing[code] and (code in own or text != Text.same(text.en))
    }


def completed(found: Codebook, given: Codebook | None, columns: Collection[str]) -> Codebook:
    """Return what a file says of itself beside its variables, completed by a codebook: sets, title, languages, steps.

    A question with several answers is left out where one of its columns was not read.

    Examples
    --------
    >>> from diplab.microdata.codebook import Codebook
    >>> from diplab.microdata.responses import Responses
    >>> held = Codebook(sets={"uses": Responses("uses", ["mail", "phone"])})
    >>> list(completed(held, None, ["mail"]).sets), list(completed(held, None, ["mail", "phone"]).sets)
    ([], ['uses'])
    """
    sets = {**found.sets, **(given.sets if given is not None else {})}
    within = {name: each for name, each in sets.items() if set(each.columns) <= set(columns)}
    if given is None:
        return replace(found, sets=within)
    return replace(
        found,
        sets=within,
        title=given.title or found.title,
        languages=given.languages or found.languages,
        steps=(*found.steps, *given.steps),
    )


def synthetic(found: Codebook, given: Codebook | None) -> bool:
    """Return whether data are synthetic, by their file or by their codebook."""
    return found.origin.synthetic or (given is not None and given.origin.synthetic)
