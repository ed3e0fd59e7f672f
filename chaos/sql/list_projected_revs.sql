SELECT lead_id, rev FROM stream_svc.changes ORDER BY pos
