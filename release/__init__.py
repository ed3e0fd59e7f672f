"""`make release`: distributions that are built, proven, and described."""
