"""Session stores: where sessions are kept besides the CLI's own disk."""
