"""Tools that run in this process. The CLI calls them over MCP."""
