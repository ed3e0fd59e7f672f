"""Frames gathered up to a mark, to be applied in one transaction."""

from leadwire_client.frames import Batch, Frame, Gone, Hello, Mark, Put, Reset, Synced


class Gatherer:
    """Gives a batch with each mark that has something to say: changes, or a newer cursor.

    Args:
        cursor: Where the stream begins.
    """

    def __init__(self, *, cursor: str | None) -> None:
        self._cursor = cursor
        self._changes: list[Put | Gone] = []
        self._reset = False

    def add(self, frame: Frame) -> Batch | None:
        """Take a frame; give the batch that it completes, if it does."""
        match frame:
            case Put() | Gone():
                self._changes.append(frame)
            case Hello():
                # A new connection tells again what came after the last mark.
                self._changes.clear()
            case Reset():
                self._changes.clear()
                self._reset = True
            case Synced():
                return self._complete(frame.cursor, synced=True)
            case Mark() if self._changes or frame.cursor != self._cursor:
                # One without changes has to be kept, too: a cursor grows old.
                return self._complete(frame.cursor, synced=False)
        return None

    def _complete(self, cursor: str, *, synced: bool) -> Batch:
        batch = Batch(changes=tuple(self._changes), cursor=cursor, reset=self._reset, synced=synced)
        self._changes.clear()
        self._reset = False
        self._cursor = cursor
        return batch
