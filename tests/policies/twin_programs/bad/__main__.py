"""Does everything that the policy packs forbid."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from twins import program

program(good=False)
