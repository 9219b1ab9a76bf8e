"""The engine as tools of the Model Context Protocol: each of them calls one command."""
