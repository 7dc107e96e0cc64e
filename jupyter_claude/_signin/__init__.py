"""Signing in, giving a key for this kernel, and installing Claude Code, from where one works."""
