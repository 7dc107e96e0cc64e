"""One connection to one CLI: its owner task, its turns, and going back."""
