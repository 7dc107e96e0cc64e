"""The ``jupyter-claude`` command: installing the CLI, the doctor, the demo."""
