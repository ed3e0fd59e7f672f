"""What a lead is here, and when a row becomes one: rules without I/O."""
