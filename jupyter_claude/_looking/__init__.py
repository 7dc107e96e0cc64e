"""Looks at the user's notebook for the model, without running the user's code."""
