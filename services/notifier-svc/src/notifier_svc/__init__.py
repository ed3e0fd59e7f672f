"""The journal of every event, and deliveries to people and systems."""
