"""Answers as values while they come, and how views show them."""
