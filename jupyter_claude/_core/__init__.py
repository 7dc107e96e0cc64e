"""The conversation of a kernel, and the events by which others hear of its changes."""
