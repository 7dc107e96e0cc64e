"""What a permission request says of a call: its question, what it would destroy, Claude's plan."""
