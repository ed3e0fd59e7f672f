"""Numbered SQL files that build the schema `manager_svc`."""
