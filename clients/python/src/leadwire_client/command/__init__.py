"""The command line `leadwire`."""
