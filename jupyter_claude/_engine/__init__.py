"""The engine of a kernel's one session: it runs the turns and reads what the process says."""
