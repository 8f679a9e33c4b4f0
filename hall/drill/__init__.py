"""The province's comprehensive drill, played over HTTP against a running hall with real roles."""
