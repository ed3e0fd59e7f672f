-- Plan each query of this transaction for its parameters, however often it was run before.
SET LOCAL plan_cache_mode = force_custom_plan
