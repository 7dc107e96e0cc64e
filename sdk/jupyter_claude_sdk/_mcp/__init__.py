"""Tools that run in this process, served to the CLI over MCP."""
