SELECT pg_notify('leadwire_broker_' || $1::integer, '')
