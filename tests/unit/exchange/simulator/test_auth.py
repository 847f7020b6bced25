import json
from pathlib import Path

import pytest

from src.exchange.simulator.auth import challenge_is_signed, request_is_signed, signature

VECTORS = json.loads((Path(__file__).parents[3] / "data" / "kraken_auth_vectors.json").read_text("utf-8"))
REQUESTS = [vector for vector in VECTORS if vector.get("method") in {"GET", "POST", "PUT"}]
CHALLENGE = "c100b894-1729-464d-ace1-52dbce11db42"
CHALLENGE_SECRET = "7zxMEF5p/Z8l2p2U7Ghv6x14Af+Fx+92tPgUdVQ748FOIrEoT9bgT+bTRfXc5pz8na+hL/QdrCVG7bh9KpT0eMTm"
CHALLENGE_SIGNED = "4JEpF3ix66GA2B+ooK128Ift4XQVtc137N9yeg4Kqsn9PI0Kpzbysl9M1IeCEdjg0zl00wkVqcsnG4bmnlMb3A=="


def checked(vector: dict[str, str], *, body: str | None = None, **headers: str) -> bool:
    target = vector["url"].removeprefix("https://futures.kraken.com")
    sent = vector["body"] or "" if body is None else body
    known = {"apikey": vector["apiKey"], "authent": vector["authent"]} | headers
    return request_is_signed(target, sent.encode(), known, key=vector["apiKey"], secret=vector["secret"])


@pytest.mark.parametrize("vector", REQUESTS, ids=lambda v: v["message"][:40])
def test_a_request_signed_as_clients_sign_it_is_accepted(vector: dict[str, str]) -> None:
    assert checked(vector)


@pytest.mark.parametrize("vector", [v for v in REQUESTS if "authent_with_nonce_1415957147987" in v])
def test_a_nonce_is_part_of_what_is_signed(vector: dict[str, str]) -> None:
    signed = vector["authent_with_nonce_1415957147987"]
    assert checked(vector, authent=signed, nonce="1415957147987")
    assert not checked(vector, authent=signed)


@pytest.mark.parametrize("vector", REQUESTS[:3])
def test_any_other_byte_is_refused(vector: dict[str, str]) -> None:
    assert not checked(vector, body=(vector["body"] or "") + "x")
    assert not checked(vector, apikey="somebody")
    assert not checked(vector, authent="")


def test_a_form_body_counts_like_a_query() -> None:
    secret = REQUESTS[0]["secret"]
    signed = signature(b"symbol=PF_XBTUSD&size=1/api/v3/sendorder", secret)
    headers = {"apikey": "k", "authent": signed}
    target = "/derivatives/api/v3/sendorder"
    assert request_is_signed(target, b"symbol=PF_XBTUSD&size=1", headers, key="k", secret=secret)


def test_a_challenge_is_signed_with_nothing_around_it() -> None:
    assert challenge_is_signed(CHALLENGE, CHALLENGE_SIGNED, secret=CHALLENGE_SECRET)
    assert not challenge_is_signed(CHALLENGE + "0", CHALLENGE_SIGNED, secret=CHALLENGE_SECRET)
