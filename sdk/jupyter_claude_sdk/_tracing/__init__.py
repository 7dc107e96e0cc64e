"""Makes OpenTelemetry spans of turns, tool calls, permission requests and rows of a map."""
