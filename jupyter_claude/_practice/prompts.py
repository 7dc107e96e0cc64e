"""The prompts that the practice model offers: in its answer, and as buttons in the panel."""

#: The first three are those of the empty panel.
PROMPTS = (
    "What is in this folder?",
    "Explain what this notebook does, step by step.",
    "Find out why the last test failed, and propose a fix.",
    "What is a Jupyter kernel?",
    "What variables do I have?",
    "Look at my last plot.",
    "Plan how to add a median to bridge.py.",
    "Make a to-do list for a short report, and work through it.",
    "Let a subagent count the lines of each file.",
    "Count to five in the background.",
    "Ask me which colour I like.",
    "Raise BUSY_DAY in bridge.py by 500.",
    "Run the command ls -l",
    "Tell me a long story about a lighthouse.",
)
