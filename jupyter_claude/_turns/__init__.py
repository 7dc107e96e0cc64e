"""A turn: its prompt, what came of it in order, and what it ended with."""
