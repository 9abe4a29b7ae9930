"""All checks of the quality of a file, in one call."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from diplab.checks import check_number
from diplab.errors import OptionError
from diplab.microdata.frames import frame_in_memory, holds_lists
from diplab.microdata.quality import respondents
from diplab.microdata.quality.findings import Finding, Quality, Skipped
from diplab.microdata.quality.values import heaping, impossible_values
from diplab.microdata.variable import Code

if TYPE_CHECKING:
    from diplab.microdata.microdata import Microdata


def check(
    data: Microdata,
    *,
    attention: Mapping[str, Code] | None = None,
    duration: str | None = None,
    speed: float = 0.5,
    matching: float = 0.85,
    unanswered: float = 0.2,
    left: float = 0.5,
) -> Quality:
    """Check a file for answers of doubtful quality: copies, speed, straight-lining, impossible values, nonresponse.

    Nothing is changed or left out. `quality.flagged("speeders")` gives the rows of a check, for
    `data.exclude(quality.flagged("speeders"), "faster than half of the median time")`, which is recorded.

    Parameters
    ----------
    attention : mapping of str to code, optional
        Columns that are attention checks, with their right answer.
    duration : str, optional
        Column of the time taken; otherwise looked for by its name.
    speed : float
        Share of the median time below which an interview is too fast.
    matching : float
        Share of identical answers from which two rows are nearly identical.
    unanswered : float
        Share without an answer from which a question is listed.
    left : float
        Share of unanswered questions above which a person is flagged.

    Returns
    -------
    Quality

    Raises
    ------
    ColumnError
        Where a column does not exist.
    OptionError
        Where a share is not between 0 and 1, there is no row, or the answers are not in memory.

    Examples
    --------
    >>> import pandas as pd, diplab as dl
    >>> people = dl.Microdata(pd.DataFrame({"worker_id": ["a", "b", "b"], "age": [31, 240, 45]}), dl.Codebook())
    >>> people.check().frame[["check", "kind", "variables", "rows"]].values.tolist()
    [['duplicates', 'identifier', 'worker_id', 2], ['impossible', 'age', 'age', 1]]
    """
    shares = {"speed": speed, "matching": matching, "unanswered": unanswered, "left": left}
    for name, share in shares.items():
        check_number(name, share, above=0, high=1, example=0.5)
    frame = frame_in_memory(data)
    if not len(frame):
        raise OptionError("The data have no row.", write="Pass a file with answers.")
    # cells that list several answers cannot be compared
    data = replace(data, frame=frame[[name for name in frame if not holds_lists(frame[name])]])
    made = [
        *respondents.duplicates(data),
        *respondents.near_identical(data, matching=matching),
        *respondents.speeders(data, duration=duration, speed=speed),
        *respondents.straight_lining(data),
        *respondents.failed_attention(data, attention),
        *impossible_values(data),
        *heaping(data),
        *respondents.item_nonresponse(data, unanswered=unanswered, left=left),
    ]
    return Quality(
        tuple(each for each in made if isinstance(each, Finding)),
        tuple(each for each in made if isinstance(each, Skipped)),
        len(data),
        data.codebook.origin.file,
        data.codebook.origin.synthetic,
    )
