"""`leadwire users`, `leadwire token-keys` and `leadwire login`: who may come in."""
