"""What this service tells the others; it consumes nothing."""
