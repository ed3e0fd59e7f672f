"""Which path of the fake does what, by what it is about."""
