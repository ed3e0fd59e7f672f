SELECT forget_histories($1::interval, $2::integer);
