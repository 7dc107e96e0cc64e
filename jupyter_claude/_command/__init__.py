"""The ``jupyter-claude`` command: installs the CLI, signs in, runs the doctor and the demo."""
