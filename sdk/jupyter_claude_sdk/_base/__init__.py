"""What every room uses and nothing of the protocol: event loops, signals, secrets, short reprs."""
