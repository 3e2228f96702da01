"""`python -m review.imports`."""

import sys

from review.imports.listing import main

sys.exit(main())
