"""``python -m jupyter_claude`` runs the ``jupyter-claude`` command."""

import sys

from ._command.main import main

sys.exit(main())
