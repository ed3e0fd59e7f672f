SELECT format('ALTER ROLE %I SET search_path = %I', $1::text, $2::text)
