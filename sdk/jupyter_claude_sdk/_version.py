"""The versions of the SDK, and of the CLI that it needs."""

#: The one source: the packages take it from here, and a test compares the other places.
__version__ = "0.2.0"

#: The Claude Code CLI that we test with, and that `install-cli` installs.
TESTED_CLI_VERSION = "2.1.332"

#: The oldest CLI that we saw rehearse a first prompt.
REHEARSING_CLI_VERSION = "2.1.329"

#: An older CLI does not report which prompt a message belongs to.
MINIMUM_CLI_VERSION = "2.1.300"
