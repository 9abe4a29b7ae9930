"""The formats that `read` knows, how it recognises each, and what each loses when it is written."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any, Literal, TypeAlias

from diplab.checks import argument, check_one_of
from diplab.errors import LoadError
from diplab.loaders.limits import is_gzipped_text
from diplab.loaders.notices import WORDS
from diplab.loaders.source import Request, SourceFile
from diplab.loaders.text import recognition
from diplab.loaders.text.records import first_records
from diplab.microdata.microdata import Microdata
from diplab.reference.text import Text

FileFormat: TypeAlias = Literal[
    "spss", "stata", "sas", "r", "qualtrics", "google_forms", "surveymonkey", "prolific", "limesurvey_syntax",
    "limesurvey", "limesurvey_archive", "limesurvey_structure", "kobo", "xlsform", "json", "excel", "dbase",
    "delimited", "parquet", "setup",
]  # fmt: skip
"""Names of the formats in `read(..., file_format=...)`."""
WrittenSuffix: TypeAlias = Literal[".sav", ".zsav", ".dta", ".csv", ".tsv", ".parquet"]
"""Suffixes of the files that `write` makes."""


@dataclass(frozen=True)
class Format:
    """One format of files."""

    name: FileFormat  # as it is written in `read(..., file_format=...)`
    suffixes: tuple[str, ...]  # in small letters, with their point
    loader: str  # function of a `SourceFile` and a `Request` that returns `Microdata`, `module:function` of this layer
    recognises: Callable[[SourceFile, Request], bool] | None = None
    """Whether a file of such a suffix is of this format, judged without its loader; None where the suffix is enough."""
    options: tuple[str, ...] = ()  # those of `read` that are of some formats only, which this one takes
    only_suffixes: bool = False  # true where a file of another suffix cannot be of this format

    def load(self, source: SourceFile, request: Request) -> Microdata:
        """Return what the file holds."""
        module, _, function = self.loader.partition(":")
        loaded: Microdata = getattr(import_module(f"diplab.loaders.{module}"), function)(source, request)
        return loaded

    def fits(self, source: SourceFile, request: Request) -> bool:
        """Return whether the file is of this format, by its suffix and its first lines."""
        return source.suffix in self.suffixes and (self.recognises is None or self.recognises(source, request))


_TEXT = (".csv", ".tsv")
_WORKBOOKS = recognition.WORKBOOKS
_STRUCTURE = ("structure",)
_FORM = ("encoding", "delimiter")  # how the text of an export is written; its header is known
_EXPORT = (*_STRUCTURE, *_FORM)
_JSON = (*_STRUCTURE, "encoding")
_PLAIN = (*_FORM, "decimal", "day_first", "header", "skip")
_COLUMNS = (".dat", ".txt", ".asc", ".raw")  # texts whose columns a setup file names
_STATISTICAL = "readstat.load:read_statistical"

# Where two share a suffix, the one that looks at the file comes before the one that takes any.
FORMATS: tuple[Format, ...] = (
    Format(
        "setup",
        (*_COLUMNS, ".csv", ".tsv", ".tab", ".sav", ".zsav", ".por", ".dta", ".sas7bdat", ".xpt", ".xlsx", ".parquet"),
        "setup_files.load:read_with_setup",
        recognition.has_setup,
        options=(*_EXPORT, *_PLAIN, "sheet"),
    ),
    Format("spss", (".sav", ".zsav", ".por"), _STATISTICAL, options=_STRUCTURE, only_suffixes=True),
    Format("stata", (".dta",), _STATISTICAL, options=_STRUCTURE, only_suffixes=True),
    Format("sas", (".sas7bdat", ".xpt"), _STATISTICAL, options=_STRUCTURE, only_suffixes=True),
    Format("r", (".rds", ".rda", ".rdata"), "readstat.load:read_r_file", options=("table",), only_suffixes=True),
    Format("qualtrics", _TEXT, "qualtrics.load:read_qualtrics", recognition.is_qualtrics, options=_EXPORT),
    Format("google_forms", _TEXT, "forms:read_google_forms", recognition.is_google_forms, options=_FORM),
    Format("surveymonkey", _TEXT, "forms:read_surveymonkey", recognition.is_surveymonkey, options=_FORM),
    Format("prolific", _TEXT, "forms:read_prolific", recognition.is_prolific, options=_FORM),
    Format(
        "limesurvey_syntax",
        (".csv", ".dat"),
        "limesurvey.syntax:read_with_syntax",
        recognition.has_syntax,
        options=_STRUCTURE,
    ),
    Format("limesurvey", _TEXT, "limesurvey.load:read_limesurvey", recognition.is_limesurvey, options=_EXPORT),
    Format("limesurvey_archive", (".lsa",), "limesurvey.load:read_limesurvey_archive"),
    Format(
        "limesurvey_structure", (".lss",), "limesurvey.load:refuse_structure", options=_STRUCTURE, only_suffixes=True
    ),
    Format("kobo", (".csv", *_WORKBOOKS, ".zip"), "kobo.load:read_kobo", recognition.is_kobo, options=_EXPORT),
    Format(
        "xlsform",
        _WORKBOOKS,
        "kobo.load:refuse_form",
        recognition.is_form_alone,
        options=_STRUCTURE,
        only_suffixes=True,
    ),
    Format("json", (".json", ".jsonl", ".ndjson"), "json_forms:read_json", options=_JSON, only_suffixes=True),
    Format("excel", _WORKBOOKS, "excel:read_excel", options=("sheet", "day_first", "header", "skip")),
    Format("dbase", (".dbf",), "readstat.dbase:read_dbase", options=("encoding",)),
    Format("delimited", (".txt",), "text.load:read_delimited", recognition.is_clear_table, options=_PLAIN),
    Format("delimited", (*_TEXT, ".tab"), "text.load:read_delimited", options=_PLAIN),
    Format("parquet", (".parquet", ".feather", ".arrow"), "parquet:read_parquet"),
)

_NO_ANSWERS = {
    ".qsf": (
        "It is the questionnaire of a Qualtrics survey, without answers.",
        'Write `read("answers.csv", structure="{}")`.',
    ),
    ".r": ("It is a syntax of R, without answers.", 'Write `read("data.csv", structure="{}")`.'),
    ".sps": ("It is a syntax of SPSS, without answers.", 'Write `read("data.dat", structure="{}")`.'),
    ".sas7bcat": (
        "It is a catalogue of labels of SAS, without answers.",
        'Write `read("data.sas7bdat", structure="{}")`.',
    ),
    ".xml": (
        "It is XML, which may be a codebook (DDI) and holds no answers.",
        'Write `read("answers.csv", codebook="{}")`.',
    ),
    ".toml": ("It is a codebook, without answers.", 'Write `read("answers.csv", codebook="{}")`.'),
    **dict.fromkeys(
        (".sas", ".do", ".dct"),
        ("It is a setup file of SAS or Stata, without answers.", 'Write `read("data.dat", structure="{}")`.'),
    ),
    **dict.fromkeys(
        (".asc", ".raw"),
        (
            "It holds columns without names, which its setup file (.sps, .sas, .do, .dct) would give.",
            'Write `read("{}", structure="...")` and the setup file.',
        ),
    ),
    ".gz": ("It is compressed.", "Unpack it with `gunzip`, and write the name of the file that was in it."),
    ".txt": (
        "Its suffix does not say how it is written.",
        'Write `read("{}", file_format="delimited")` where it is a table, its columns named on the first line.',
    ),
}
"""Files that are known and are not answers that can be read, and what to write instead."""


def format_of(source: SourceFile, request: Request, name: FileFormat | None = None) -> Format:
    """Return the format of a file: the one named, or the first that fits."""
    chosen = _recognised(source, request) if name is None else _format_of_name(source, name)
    structure = None if request.structure is None else request.structure.name
    given: dict[str, object] = {"structure": structure, "encoding": source.encoding, "delimiter": source.delimiter}
    given |= {name: getattr(request, name) for name in ("table", "sheet", "decimal", "day_first", "header")}
    for option, value in {**given, "skip": request.skip or None}.items():
        if value is not None and option not in chosen.options:
            raise LoadError(
                f"The file `{source.path.name}` cannot be read with {argument(option, value)}.",
                f'It is of the format "{chosen.name}", which does not take `{option}`.',
                f"Leave `{option}` out, or write `file_format=` and the format to which it belongs.",
            )
    return chosen


def _recognised(source: SourceFile, request: Request) -> Format:
    own = _is_own(source, request)
    for each in FORMATS:
        # what diplab wrote is a plain file, whatever the words in it
        if not (own and each.recognises) and each.fits(source, request):
            return each
    raise _unknown_suffix(source.path)


def _format_of_name(source: SourceFile, name: FileFormat) -> Format:
    known = {each.name: each for each in FORMATS}
    chosen = known[check_one_of("file_format", name, FileFormat)]
    if chosen.only_suffixes and source.suffix not in chosen.suffixes:
        raise LoadError(
            f'The file `{source.path.name}` cannot be read as "{name}".',
            f"Files of that format end in {' or '.join(chosen.suffixes)}.",
            "Leave `file_format` out, or give the file the suffix of what it is.",
        )
    return chosen


def _is_own(source: SourceFile, request: Request) -> bool:
    """Return whether diplab wrote a text: its codebook names the file, and describes every column."""
    # an export put in its place has more columns, such as those that identify people
    known = {} if request.codebook is None else request.codebook.variables
    if source.path.name not in request.written or source.suffix not in _TEXT:
        return False
    records = first_records(source, 1)
    return bool(records) and set(records[0]) <= set(known)


def check_suffix(path: Path) -> None:
    """Refuse a file whose suffix no format has, before it is opened."""
    if not is_gzipped_text(path) and not any(path.suffix.lower() in each.suffixes for each in FORMATS):
        raise _unknown_suffix(path)


def _unknown_suffix(path: Path) -> LoadError:
    """Return the error for a file whose suffix no format has."""
    suffix = path.suffix.lower()
    names = " or ".join(f'"{each.name}"' for each in FORMATS if suffix in each.suffixes and each.name != "setup")
    if suffix in _NO_ANSWERS:
        found, write = _NO_ANSWERS[suffix]
        write = write.format(path.name)
    elif names:
        found = f"It is like no file `{suffix}` that diplab reads."
        write = f"Write `file_format={names}` where you know that it is one."
    else:
        found = f"Its suffix `{suffix}` is not one that diplab reads." if suffix else "It has no suffix."
        known = dict.fromkeys(suffix for each in FORMATS for suffix in each.suffixes if each.name != "setup")
        write = f"Write a file in one of these formats: {', '.join(known)}."
    return LoadError(f"The file `{path.name}` cannot be read.", found, write)


_LOST_EVERYWHERE = ("question", "group", "part_of", "sets", "unit", "languages", "steps", "linked")
_LOST_IN_STATISTICAL = (*_LOST_EVERYWHERE, "second_language", "range_reasons", "long_title", "names", "long_labels")
_LOST_IN_SPSS = (*_LOST_IN_STATISTICAL, "storage", "many_codes", "word_codes")
_LOST_IN_STATA = (
    *_LOST_IN_STATISTICAL, "small_storage", "letters", "range", "all_word_codes", "word_labels", "fraction_labels",
    "measure",
)  # fmt: skip

_LOST_IN_PARQUET = ("label", "values", *_LOST_EVERYWHERE, "measure", "missing", "title", "synthetic")
_LOST_IN_TEXT = (*_LOST_IN_PARQUET, "words", "boolean", "date", "moment", "time", "gaps")

WRITE_LIMITS: Mapping[WrittenSuffix, tuple[str, ...]] = {
    ".sav": _LOST_IN_SPSS,
    ".zsav": _LOST_IN_SPSS,
    ".dta": _LOST_IN_STATA,
    ".csv": _LOST_IN_TEXT,
    ".tsv": _LOST_IN_TEXT,
    ".parquet": _LOST_IN_PARQUET,
}
"""What each format loses."""


def write_limits(suffix: WrittenSuffix) -> tuple[Text, ...]:
    """Return what a file of a format loses when it is read without the codebook that `write` puts beside it.

    Parameters
    ----------
    suffix : {".sav", ".zsav", ".dta", ".csv", ".tsv", ".parquet"}
        Of a format that `write` writes.

    Returns
    -------
    tuple of Text
        In French and English.

    Raises
    ------
    OptionError
        Where nothing is known of such a format.

    Examples
    --------
    >>> [each.en for each in write_limits(".sav")][3]
    'questions with several answers'
    """
    known: Any = suffix.lower() if isinstance(suffix, str) else suffix
    return tuple(WORDS(f"loss.{each}") for each in WRITE_LIMITS[check_one_of("suffix", known, WrittenSuffix)])
