"""``python -m jupyter_claude`` is the ``jupyter-claude`` command."""

import sys

from ._command.main import main

sys.exit(main())
