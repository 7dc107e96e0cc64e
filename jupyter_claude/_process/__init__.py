"""The Claude Code process: where it works, what it gets, and the client that speaks to it."""
