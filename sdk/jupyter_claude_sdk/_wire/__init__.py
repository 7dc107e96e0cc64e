"""The protocol with the CLI, without I/O."""
