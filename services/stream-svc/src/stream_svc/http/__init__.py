"""The read API: one lead, lists, counts, and the stream."""
