"""What a lead as read is, what a follower is told, and what a filter or cursor means: no I/O."""
