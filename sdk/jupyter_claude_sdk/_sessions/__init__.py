"""What the CLI keeps of its sessions on disk."""
