"""Problems that hinder Claude Code: checks before its start, and its own reports."""
