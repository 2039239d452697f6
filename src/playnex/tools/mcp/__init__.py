"""MCP servers as tools: child processes that speak over stdio, each in its own sandbox, kept warm and supervised by us."""
