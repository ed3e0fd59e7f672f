-- One lead with the revs of both its sides; doc is null if readers do not see it.
SELECT contact_rev, work_rev, erased, doc
FROM leads
WHERE life = (SELECT life FROM head) AND id = $1
