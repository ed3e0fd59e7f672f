SELECT format('GRANT CONNECT ON DATABASE %I TO %I', current_database(), $1::text)
