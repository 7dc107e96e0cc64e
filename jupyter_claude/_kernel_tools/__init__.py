"""What Claude can see of the kernel and run in it, and the user's say in it."""
