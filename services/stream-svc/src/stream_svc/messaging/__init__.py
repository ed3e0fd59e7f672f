"""Events of the other services, taken into the projection."""
