"""Lead managers, assignment, status and history."""
