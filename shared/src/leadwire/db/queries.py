"""SQL files by name: one query per file, loaded once."""

from importlib.resources import files


class Queries:
    """The SQL files of one package, by their names without `.sql`.

    Args:
        package: Import name of the package that holds the files, for example
            `import_svc.storage`.
    """

    def __init__(self, package: str) -> None:
        self._package = package
        self._texts = {
            entry.name.removesuffix(".sql"): entry.read_text(encoding="utf-8")
            for entry in files(package).iterdir()
            if entry.name.endswith(".sql")
        }

    def __getitem__(self, name: str) -> str:
        """Return the text of a query.

        Raises:
            KeyError: The package has no such file.
        """
        try:
            return self._texts[name]
        except KeyError:
            raise KeyError(f"no query {name!r} in {self._package}") from None

    @property
    def names(self) -> frozenset[str]:
        """Names of all queries of the package."""
        return frozenset(self._texts)
