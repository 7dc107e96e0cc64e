"""Whether a folder's settings for Claude Code count: what there is, who said so, and asking."""
