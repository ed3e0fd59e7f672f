"""What can be done with managers and leads, one file per command.

A command is a function on a `unit.Unit`: one transaction under the matching lock, which
also keeps the events until they go to the outbox. `match` hands out the leads.
"""
