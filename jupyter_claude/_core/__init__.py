"""The conversation of a kernel: what is said in it, and who is told of changes."""
