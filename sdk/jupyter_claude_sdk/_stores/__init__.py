"""Session stores, which keep sessions elsewhere than in the CLI's own files."""
