"""How bytes reach the CLI and come back: the interface, and the subprocess behind it."""
