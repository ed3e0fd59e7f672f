"""The projection and its change log in Postgres; SQL stands in `.sql` files beside."""
