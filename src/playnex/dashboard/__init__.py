"""The dashboard: a door over HTTP on loopback; it parses, asks the app and answers, and decides nothing."""
