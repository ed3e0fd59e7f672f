"""When two email addresses are the same: decided once, for leads and for lead managers.

A module of its own, that loads nothing: each process that judges an import has it.
"""

import unicodedata


def email_key(email: str) -> str:
    """Give what makes an address unique: the address without regard to case.

    It is computed here and stored beside the address, not left to the database's
    `lower()`: that depends on the collation, and would disagree on letters like É.
    """
    key = email.lower()
    if key.isascii():
        return key
    # A capital sigma becomes one or the other by what follows, and some capitals, as J̌, have no
    # form that is one character while the small letter has.
    return unicodedata.normalize("NFC", key.replace("\u03c2", "\u03c3"))
