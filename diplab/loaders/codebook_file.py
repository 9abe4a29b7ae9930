"""A codebook written as a TOML file, for data whose own file says nothing of their meaning.

The format, whole. Every key is optional; a wording is one string (the same words in both languages), or a
table with `fr` and `en`, and further languages; `label_fr` and `label_en` may stand for such a table::

    synthetic = false               # true for data that no one answered
    title = "Enquête"               # of the survey
    languages = ["fr", "pt"]        # of the questionnaire, the main one first
    steps = []                      # written by diplab: what was done to the data

    [origin]                        # written by diplab; not used when a data file is read
    file = "survey.csv"
    sha256 = "..."
    reader = "..."

    [variables.employment]          # the name of the column; between quotes where it is odd
    label = { fr = "emploi", en = "employment" }
    question = { fr = "Travaillez-vous ?", en = "Do you work?" }
    group = "Travail"               # section of the questionnaire
    part_of = "q7"                  # the question of which this column is one item
    measure = "nominal"             # nominal, ordinal, scale, unknown
    unit = "EUR a month, net"       # what one of it is
    storage = "words"               # whole, number, words, boolean, date, moment, time; what the cells say by default
    values = [                      # answers: `code` is a number or a string, as in the data
        { code = 1, fr = "temps plein", en = "full time" },
        { code = 2, label = "free-lance" },
    ]
    missing = [                     # codes that stand for no answer, in columns of numbers and of words
        { code = 9, reason = "refused", label = { fr = "refus", en = "refused" } },
        { code = "DATA_EXPIRED", reason = "answer expired" },
    ]
    missing_ranges = [{ low = 97, high = 99, reason = "not asked" }]

    [sets.uses]                     # a question with several answers
    columns = ["mail", "phone"]
    label = { fr = "usages", en = "uses" }
    base = "any"                    # any, all
    kind = "dichotomies"            # dichotomies, categories
    counted = 1                     # the code that says that an answer was given

    [links.trips]                   # written by diplab: a table in a file beside, each row of which hangs on a row
    file = "survey.trips.csv"
    key = "person"                  # the column of this file that names its rows
    foreign = "of_person"           # the column of the other file that holds that name

    [reasons.employment]            # written by diplab: answers missing, by reason
    refused = 12

    [written."survey.dta"]          # written by diplab: how that file holds what it cannot hold as it is
    sha256 = "..."
"""

from __future__ import annotations

import os
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Any

from diplab.loaders.codebook.entries import Entries, refused_codebook
from diplab.loaders.codebook.lines import link_lines, set_lines, step_line, toml, variable_lines, wording
from diplab.microdata.codebook import Codebook, Origin

if TYPE_CHECKING:
    from collections.abc import Mapping

    from diplab.loaders.sidecar import LinkedFile, WrittenFile

__all__ = ["read_codebook", "write_codebook"]

_FILE_KEYS = (
    "synthetic",
    "title",
    "languages",
    "origin",
    "variables",
    "sets",
    "steps",
    "links",
    "reasons",
    "written",
)
_ORIGIN_KEYS = ("file", "sha256", "reader", "date")


def read_codebook(path: str | os.PathLike[str]) -> Codebook:
    r"""Read a codebook from a TOML file, from a table in CSV (see `codebook_table`), or from DDI Codebook (`.xml`).

    Parameters
    ----------
    path : path
        The file; the module describes its format, `diplab.loaders.ddi.document` what it takes from DDI.

    Returns
    -------
    Codebook
        The variables in the order of the file.

    Raises
    ------
    LoadError
        Where the file is absent, is neither TOML nor DDI, or holds a key or a value that the format does not know.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> folder = tempfile.TemporaryDirectory()
    >>> file = pathlib.Path(folder.name, "codebook.toml")
    >>> _ = file.write_text('[variables.sex]\nlabel = {fr = "sexe", en = "sex"}\n', encoding="utf-8")
    >>> read_codebook(file)["sex"].label.fr
    'sexe'
    >>> folder.cleanup()
    """
    file = Path(path)
    if file.suffix.lower() in (".csv", ".tsv"):
        from diplab.loaders.codebook.table import read_codebook_table

        return read_codebook_table(file)
    if file.suffix.lower() == ".xml":
        from diplab.loaders.ddi.document import read_ddi

        return read_ddi(file)
    reader, content = Entries(file.name), _toml(file)
    reader.check_keys(content, _FILE_KEYS, "the codebook")
    synthetic = content.get("synthetic", False)
    if not isinstance(synthetic, bool):
        raise refused_codebook(file.name, f"`synthetic` is {synthetic!r}.", "Write `true` or `false`.")
    origin = dict(reader.table(content.get("origin", {}), (*_ORIGIN_KEYS, "notices"), "`origin`"))
    notices = reader.entries(origin.pop("notices", []), "notices", "`origin`")
    variables = reader.table(content.get("variables", {}), None, "`variables`")
    sets = reader.table(content.get("sets", {}), None, "`sets`")
    reasons = reader.table(content.get("reasons", {}), None, "`reasons`")
    return Codebook(
        {name: reader.variable(name, entry) for name, entry in variables.items()},
        Origin(
            **{key: reader.words(origin, key, "`origin`") for key in origin},
            synthetic=synthetic,
            notices=tuple(reader.wording({"notice": each}, "notice", "`origin`") for each in notices),
        ),
        {name: dict(reader.table(counts, None, f"`reasons.{name}`")) for name, counts in reasons.items()},
        {name: reader.responses(name, entry) for name, entry in sets.items()},
        reader.wording(content, "title", "the codebook"),
        reader.names(content.get("languages", []), "languages", "the codebook"),
        tuple(
            reader.step(each) for each in reader.entries(content.get("steps", []), "steps", "the codebook")
        ),
    )


def _toml(file: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(file.read_text(encoding="utf-8-sig"))
    except OSError as absent:
        found = f"It cannot be opened: {absent.strerror or absent}."
        raise refused_codebook(file.name, found, "Write the path of a codebook that exists.") from absent
    except (ValueError, RecursionError) as broken:
        why = "it is nested without end" if isinstance(broken, RecursionError) else str(broken).rstrip(".")
        raise refused_codebook(
            file.name,
            f"It is not TOML: {why}.",
            f'Write it as `structure="{file.name}"`, for it describes a questionnaire.'
            if file.suffix.lower() in (".qsf", ".lss", ".sps", ".r", ".sas7bcat")
            else "Correct that place, in UTF-8.",
        ) from broken


def write_codebook(
    codebook: Codebook,
    path: str | os.PathLike[str],
    *,
    links: Mapping[str, LinkedFile] | None = None,
    written: Mapping[str, WrittenFile] | None = None,
) -> Path:
    """Write a codebook as a TOML file, from which `read_codebook` gives the same codebook back.

    Parameters
    ----------
    codebook : Codebook
        What to write.
    path : path
        Where; the file is replaced only once the new one is whole.
    links : mapping of str to LinkedFile, optional
        Files beside the data that hang on them, by name.
    written : mapping of str to Written, optional
        How the data files beside hold their columns, by their names.

    Returns
    -------
    Path
        The file written.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     file = write_codebook(Codebook().described("age", measure="scale"), f"{folder}/age.codebook.toml")
    ...     read_codebook(file)["age"].measure
    'scale'
    """
    from diplab.loaders.sidecar import written_lines

    file = Path(path)
    origin = codebook.origin
    lines = [f"synthetic = {toml(origin.synthetic)}"]
    lines += [f"title = {wording(codebook.title)}"] if codebook.title else []
    if codebook.languages:
        lines.append(f"languages = [{', '.join(map(toml, codebook.languages))}]")
    if codebook.steps:
        lines += ["steps = [", *(f"    {step_line(each)}," for each in codebook.steps), "]"]
    kept = {key: getattr(origin, key) for key in _ORIGIN_KEYS if getattr(origin, key)}
    if kept or origin.notices:
        lines += ["", "[origin]", *(f"{key} = {toml(words)}" for key, words in kept.items())]
    if origin.notices:
        lines += ["notices = [", *(f"    {wording(each)}," for each in origin.notices), "]"]
    for name, variable in codebook.variables.items():
        lines += ["", f"[variables.{toml(name)}]", *variable_lines(variable)]
    for name, responses in codebook.sets.items():
        lines += ["", f"[sets.{toml(name)}]", *set_lines(responses)]
    for name, link in (links or {}).items():
        lines += ["", f"[links.{toml(name)}]", *link_lines(link)]
    for name, counts in codebook.reasons.items():
        lines += [
            "",
            f"[reasons.{toml(name)}]",
            *(f"{toml(key)} = {toml(n)}" for key, n in counts.items()),
        ]
    lines += written_lines(written or {})
    part = file.with_name(f".{file.name}.{os.getpid()}.part")
    try:
        part.write_text("\n".join(lines) + "\n", encoding="utf-8", newline="\n")
        part.replace(file)
    finally:
        part.unlink(missing_ok=True)
    return file
