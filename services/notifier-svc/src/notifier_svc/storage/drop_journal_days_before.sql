SELECT drop_journal_days_before($1::date)
