"""Tools: one interface over Python functions, file, capsule and MCP tools, and one gate that decides every call."""
