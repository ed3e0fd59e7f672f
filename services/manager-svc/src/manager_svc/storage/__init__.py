"""The schema `manager_svc`: one store per thing, one `.sql` file per query.

A store works on the connection that it is given, in whatever transaction that is in.
What writes belongs into the transaction of a `usecases.unit.Unit`.
"""
