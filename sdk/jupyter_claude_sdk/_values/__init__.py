"""Answers as values: from a Python type to a JSON Schema, and from JSON to a value."""
