"""The one session of a kernel: its process, its queue of turns, its state."""
