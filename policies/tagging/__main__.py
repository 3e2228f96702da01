"""Starts the tagging pack for the engine, which runs this folder by itself."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from policies.support.analyzer import serve
from policies.tagging.pack import PACK

serve(PACK)
