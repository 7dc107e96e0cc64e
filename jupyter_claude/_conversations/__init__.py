"""The conversations of a folder: which there are, and the one that is shown."""
