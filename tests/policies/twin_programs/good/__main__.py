"""The same resources as the bad program, each as the policy packs want it."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from twins import program

program(good=True)
