"""What stands in Claude Code's way: looked for before it starts, asked of it when it has."""
