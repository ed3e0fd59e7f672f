-- They are open to everybody again.
DELETE FROM given_back WHERE at <= $1::timestamptz;
