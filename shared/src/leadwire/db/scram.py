"""Make the verifier that Postgres keeps of a password (RFC 5803).

Sent instead of the password, it keeps the password out of the server's log and out of
its statement statistics.
"""

import hashlib
import hmac
import secrets
from base64 import b64encode

ITERATIONS = 4096


def scram_verifier(password: str, *, salt: bytes | None = None) -> str:
    """Return the SCRAM-SHA-256 verifier of a password.

    Args:
        password: ASCII, so that no normalization of text is needed.
        salt: Random if not given.

    Raises:
        ValueError: The password is empty or not ASCII.
    """
    if not password or not password.isascii():
        raise ValueError("the password of a database role must be ASCII and not empty")
    salt = salt or secrets.token_bytes(16)
    salted = hashlib.pbkdf2_hmac("sha256", password.encode(), salt, ITERATIONS)
    stored_key = hashlib.sha256(hmac.digest(salted, b"Client Key", "sha256")).digest()
    server_key = hmac.digest(salted, b"Server Key", "sha256")
    text = [b64encode(part).decode() for part in (salt, stored_key, server_key)]
    return f"SCRAM-SHA-256${ITERATIONS}:{text[0]}${text[1]}:{text[2]}"
