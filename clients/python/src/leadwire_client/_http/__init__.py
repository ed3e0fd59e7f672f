"""The connection: the only room that knows the HTTP library."""
