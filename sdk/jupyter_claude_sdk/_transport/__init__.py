"""Carries bytes to the CLI and back: the interface, and the subprocess that implements it."""
