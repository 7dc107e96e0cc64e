"""Data: messages, blocks, hooks, permissions, values of options, the interface of stores."""
