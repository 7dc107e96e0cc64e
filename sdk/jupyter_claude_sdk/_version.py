"""Versions that the SDK states about itself and about the CLI that it drives."""

__version__ = "0.1.0"

#: The Claude Code CLI that every release is tested with, and that `install-cli` installs.
TESTED_CLI_VERSION = "2.1.329"

#: Below this the CLI does not report which prompt a message belongs to; a turn could not be told
#: from the next one.
MINIMUM_CLI_VERSION = "2.1.300"
