"""Recorded turns: the form of their files, and the folder that has them."""
