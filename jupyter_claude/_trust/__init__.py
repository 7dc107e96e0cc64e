"""Trust in a folder's settings for Claude Code: finds them, asks the user, keeps the answer."""
