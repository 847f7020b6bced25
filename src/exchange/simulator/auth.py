"""Who may ask: the venue's signature over the bytes as they were received.

``Authent = base64(HMAC-SHA512(base64decode(secret), SHA256(query + body + nonce + path)))``, where a leading
``/derivatives`` is no part of the path. A websocket challenge is signed alike, with nothing around it.
"""

import base64
import hashlib
import hmac
from collections.abc import Mapping

_PREFIX = "/derivatives"


def request_is_signed(target: str, body: bytes, headers: Mapping[str, str], *, key: str, secret: str) -> bool:
    """Return whether a request carries our key and its signature.

    ``target`` is the request's path and query exactly as received; header names are lower case.
    """
    path, _, query = target.partition("?")
    if path.startswith(_PREFIX):
        path = path.removeprefix(_PREFIX)
    message = query.encode() + body + headers.get("nonce", "").encode() + path.encode()
    good = hmac.compare_digest(signature(message, secret), headers.get("authent", ""))
    return good and hmac.compare_digest(key.encode(), headers.get("apikey", "").encode())


def challenge_is_signed(challenge: str, signed: str, *, secret: str) -> bool:
    """Return whether a websocket challenge came back signed with our secret."""
    return hmac.compare_digest(signature(challenge.encode(), secret), signed)


def signature(message: bytes, secret: str) -> str:
    """Return the signature of a message; ``secret`` is base64."""
    digest = hashlib.sha256(message).digest()
    return base64.b64encode(hmac.new(base64.b64decode(secret), digest, hashlib.sha512).digest()).decode()
