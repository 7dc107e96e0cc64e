"""Record and replay: a notebook with Claude in it that runs again without Claude."""
