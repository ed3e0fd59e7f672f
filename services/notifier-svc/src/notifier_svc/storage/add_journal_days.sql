SELECT add_journal_days($1::date, $2::date)
