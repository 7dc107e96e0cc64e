"""The versions of the SDK, and of the CLI that it needs."""

__version__ = "0.1.0"

#: The Claude Code CLI that we test with, and that `install-cli` installs.
TESTED_CLI_VERSION = "2.1.329"

#: An older CLI does not report which prompt a message belongs to.
MINIMUM_CLI_VERSION = "2.1.300"
