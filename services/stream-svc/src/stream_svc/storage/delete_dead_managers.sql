-- Delete the managers of lives that have ended.
DELETE FROM managers USING head
WHERE managers.life <> head.life AND managers.life IS DISTINCT FROM head.next_life
