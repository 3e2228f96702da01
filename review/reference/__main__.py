"""`python -m review.reference`."""

import sys

from review.reference.components import main

sys.exit(main())
