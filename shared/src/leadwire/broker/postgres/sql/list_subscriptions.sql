SELECT name, types, ordered FROM subscriptions WHERE name = ANY ($1::text[])
