"""Claude's tools for the open notebook: it reads, changes and runs cells, if the user agrees."""
