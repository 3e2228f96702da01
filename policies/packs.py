"""The packs of this repository, for what works with all of them: reports, checks and tests."""

from policies.baseline.pack import PACK as BASELINE
from policies.encryption.pack import PACK as ENCRYPTION
from policies.tagging.pack import PACK as TAGGING

PACKS = (ENCRYPTION, TAGGING, BASELINE)
