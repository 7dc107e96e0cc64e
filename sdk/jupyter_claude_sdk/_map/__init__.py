"""Many prompts, each in a conversation of its own, asked by a pool of Claude Code processes."""
