"""Batches: many rows, each asked in a conversation of its own, beside the session's."""
