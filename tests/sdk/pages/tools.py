"""The model of docs/tools.md."""


def _turn(when: str, tool: str, given: dict[str, object], answer: str) -> dict[str, object]:
    replies = [[{"tool": f"mcp__weather__{tool}", "input": given}], [{"text": answer}]]
    return {"when": when, "replies": replies}


SCRIPT = [
    _turn("How warm", "temperature", {"town": "Ulm"}, "It is 21 °C in Ulm."),
    _turn("The forecast", "forecast", {"town": "Ulm", "days": 2}, "The sun will shine."),
]
SAYS = ["It is 21 °C in Ulm.", "The sun will shine."]
ASKS = ["Ulm: 21 °C", "Ulm: sun for 2 days"]
