SELECT system_identifier, timeline_id AS timeline
FROM pg_control_system(), pg_control_checkpoint()
