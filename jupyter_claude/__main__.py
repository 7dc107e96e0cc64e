"""``python -m jupyter_claude`` is the ``jupyter-claude`` command."""

import sys

from ._command import main

sys.exit(main())
