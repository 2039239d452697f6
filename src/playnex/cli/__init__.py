"""The command line: parses, calls the app, prints; decides nothing."""
