SELECT count(*) FROM managers;
