"""Which provider Claude Code asks, over which network, and what is wrong with their settings."""
