"""What a change of a deployed resource means: the one table that reviews, documents and the offline engine read.

The table is `changes/data/`, a file a concern. What it does not know is unknown, never harmless.
"""

from changes.differences import Difference, differences
from changes.model import Effect, Meaning, Severity
from changes.refusals import Refusal, refusals
from changes.table import Operation, holds, meaning_of, operation, permanent, rank, replacing, rules, sources, types

__all__ = [
    "Difference",
    "Effect",
    "Meaning",
    "Operation",
    "Refusal",
    "Severity",
    "differences",
    "holds",
    "meaning_of",
    "operation",
    "permanent",
    "rank",
    "refusals",
    "replacing",
    "rules",
    "sources",
    "types",
]
