"""What a client for asyncio can ask, by what it is about; `AsyncClient` is all of it."""
