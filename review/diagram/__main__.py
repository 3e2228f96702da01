"""`python -m review.diagram`."""

import sys

from review.diagram.drawing import main

sys.exit(main())
