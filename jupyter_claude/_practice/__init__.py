"""The practice model: its replies are scripted, everything else is real."""
