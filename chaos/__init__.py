"""The proof: leads come and are marked while everything fails, and nothing is lost."""
