"""The read side: projection, lists and the streamed read API."""
