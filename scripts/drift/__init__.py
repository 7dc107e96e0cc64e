"""Says what changed in the newest Claude Code and in the newest official package: `make drift`."""
