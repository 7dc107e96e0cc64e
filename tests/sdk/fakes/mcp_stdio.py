"""An MCP server on stdin and stdout; needs nothing but Python.

Its tool ``echo`` answers, ``ask`` first asks the user something (elicitation).
"""

import json
import sys

SCHEMA = {"type": "object", "properties": {}}
TOOLS = [{"name": name, "description": name, "inputSchema": SCHEMA} for name in ("echo", "ask")]


def answer(method: str, params: dict) -> dict:
    if method == "initialize":
        return {
            "protocolVersion": params["protocolVersion"],
            "capabilities": {"tools": {}},
            "serverInfo": {"name": "outside", "version": "1"},
        }
    if method == "tools/list":
        return {"tools": TOOLS}
    return {"content": [{"type": "text", "text": "from outside"}]}


def send(**message: object) -> None:
    print(json.dumps({"jsonrpc": "2.0", **message}), flush=True)


for line in sys.stdin:
    request = json.loads(line)
    method, params = request.get("method", ""), request.get("params") or {}
    if method == "tools/call" and params["name"] == "ask":
        asked = {"message": "Who are you?", "requestedSchema": SCHEMA}
        send(id=f"for {request['id']}", method="elicitation/create", params=asked)
        waiting = request["id"]
    elif not method:
        send(id=waiting, result=answer("tools/call", {}))
    elif "id" in request:
        send(id=request["id"], result=answer(method, params))
