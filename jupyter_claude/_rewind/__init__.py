"""Rewinding: the preview, the rewind, its undo, and the branches."""
