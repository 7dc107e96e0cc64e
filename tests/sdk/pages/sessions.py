"""The model of docs/sessions.md."""

SCRIPT = [
    {"when": "on the Danube", "replies": [[{"text": "Ulm is on the Danube."}]]},
    {"when": "on the Rhine", "replies": [[{"text": "Mainz is."}]]},
]
SAYS = [
    "Ulm is on the Danube.",
    "Name a town on the Danube\n",
    "user ",
    "assistant ",
    "Towns geography\n",
    "4\nNone\n",
]
ASKS = ["Ulm is on the Danube."]
