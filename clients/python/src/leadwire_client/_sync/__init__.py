"""What a client that blocks can ask, by what it is about; `Client` is all of it."""
