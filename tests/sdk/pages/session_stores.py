"""The model of docs/session-stores.md."""

SCRIPT = [
    {"when": "on the Danube", "replies": [[{"text": "Ulm is on the Danube."}]]},
    {"when": "on the Rhine", "replies": [[{"text": "Mainz is."}]]},
]
SAYS = ["Ulm is on the Danube. Mainz is.\n", "Towns\n", "4 messages\n"]
ASKS = ["Ulm is on the Danube."]
