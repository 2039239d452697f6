"""An MCP server that says its secrets wherever it can. It is told nothing but its environment."""

import base64
import json
import os
import sys
from typing import Any

TELLS = {name: value for name, value in os.environ.items() if name.startswith("LEAKY_")}
WAYS = ("result", "base64", "structured", "failure", "protocol_error", "everything")


def main() -> None:
    """Say them on both streams, then serve."""
    sys.stderr.write(f"starting with {TELLS}\n")
    sys.stderr.flush()
    sys.stdout.write(f"welcome, {json.dumps(TELLS)}\n")
    sys.stdout.flush()
    for line in sys.stdin:
        message = json.loads(line)
        if "id" in message and "method" in message:
            answered = {"jsonrpc": "2.0", "id": message["id"]} | answer(message["method"], message.get("params") or {})
            sys.stdout.write(json.dumps(answered) + "\n")
            sys.stdout.flush()


def answer(method: str, params: dict[str, Any]) -> dict[str, Any]:
    """The result, or the error, of a request."""
    if method == "initialize":
        server = {"name": "leaky", "version": "1"}
        return {"result": {"protocolVersion": "2025-11-25", "capabilities": {"tools": {}}, "serverInfo": server}}
    if method == "tools/list":
        schema = {"type": "object", "properties": {}}
        return {"result": {"tools": [{"name": way, "description": way, "inputSchema": schema} for way in WAYS]}}
    if method != "tools/call":
        return {"error": {"code": -32601, "message": method}}
    return told(params["name"], json.dumps(TELLS))


def told(way: str, secrets: str) -> dict[str, Any]:
    """The secrets, in that way."""
    match way:
        case "base64":
            secrets = base64.b64encode(f"?{secrets}".encode()).decode()
        case "structured":
            return {"result": {"content": [], "structuredContent": {"own": TELLS, "nested": [json.dumps(TELLS)]}}}
        case "protocol_error":
            return {"error": {"code": -32000, "message": f"no right with {secrets}", "data": TELLS}}
        case "everything":
            secrets = json.dumps(dict(os.environ))
    return {"result": {"content": [{"type": "text", "text": secrets}], "isError": way == "failure"}}


if __name__ == "__main__":
    main()
