"""Text of other people on a terminal."""


def printable(text: str) -> str:
    """Give text without what a terminal would obey, as escape sequences or line breaks."""
    return "".join(each if each.isprintable() else "\N{REPLACEMENT CHARACTER}" for each in text)
