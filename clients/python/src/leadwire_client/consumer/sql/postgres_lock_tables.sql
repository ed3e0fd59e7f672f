-- Two consumers that start at once would both find no table.
SELECT pg_advisory_xact_lock(hashtext('leadwire_client.consumer tables'));
