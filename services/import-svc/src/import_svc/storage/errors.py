"""What storing can raise beside the database's own errors."""


class LostRaceError(Exception):
    """Somebody else stored one of the same keys first; look again."""


class ImportNotRunningError(Exception):
    """The import was ended by somebody else; nothing more may be stored for it."""
