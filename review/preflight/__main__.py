"""`python -m review.preflight`."""

import sys

from review.preflight.command import main

sys.exit(main())
