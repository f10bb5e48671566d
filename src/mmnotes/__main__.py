"""``python -m mmnotes`` is the command ``mmnotes``."""

import sys

from mmnotes.cli import main

sys.exit(main())
