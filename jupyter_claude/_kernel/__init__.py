"""What works with the kernel's event loop: comm messages, the stop button, `ask_sync`."""
