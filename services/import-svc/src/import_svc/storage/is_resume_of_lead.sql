SELECT EXISTS (SELECT FROM resumes WHERE lead_id = $1 AND digest = $2)
