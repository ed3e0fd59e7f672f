SELECT customers.lead_id, name, family_name, email
FROM customers JOIN contacts USING (lead_id)
ORDER BY customers.since, customers.lead_id;
