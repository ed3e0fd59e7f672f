"""Every operation, as a call: what is asked, and what the answer means."""
