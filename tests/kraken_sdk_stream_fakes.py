"""What python-kraken-sdk's websocket client needs on loopback: it knows no way but TLS."""

import asyncio
import ipaddress
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from kraken.futures import FuturesWSClient

from src.records.operations import ExchangeEndpoint

HOST = "127.0.0.1"
WITHIN_S = 10.0
_CHUNK_BYTES = 65_536
Message = dict[str, Any]


class Front:
    """Speaks TLS in front of an exchange, with a certificate of its own."""

    def __init__(self, endpoint: ExchangeEndpoint, certificate: Path) -> None:
        self._upstream = int(endpoint.url.rpartition(":")[2])
        self._certificate = certificate
        self._through: set[asyncio.StreamWriter] = set()
        self.address = ""
        """Host, port and path as the client wants them."""
        self.connections = 0

    @asynccontextmanager
    async def serving(self) -> AsyncIterator["Front"]:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self._certificate)
        server = await asyncio.start_server(self._pass_on, HOST, 0, ssl=context)
        self.address = f"{HOST}:{server.sockets[0].getsockname()[1]}/ws/v1"
        async with server:
            yield self
            self.cut()

    def cut(self) -> None:
        """Break every connection off."""
        for writer in tuple(self._through):
            writer.transport.abort()

    async def _pass_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        there, back = await asyncio.open_connection(HOST, self._upstream)
        self._through |= {writer, back}
        try:
            await asyncio.gather(_copy(reader, back), _copy(there, writer))
        finally:
            self._through -= {writer, back}


async def _copy(source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
    try:
        while chunk := await source.read(_CHUNK_BYTES):
            target.write(chunk)
            await target.drain()
    except OSError:
        pass  # an end that was broken off ends the other
    finally:
        target.close()


class Ear:
    """What an unmodified client of the stream has heard."""

    def __init__(self) -> None:
        self.client: FuturesWSClient
        self.heard: list[Message] = []
        self._news = asyncio.Event()

    async def take(self, message: Message) -> None:
        self.heard.append(message)
        self._news.set()

    async def until(self, wanted: Callable[[Message], bool], *, after: int = 0) -> Message:
        """Return the first message that is wanted, of those behind the first ``after``."""
        async with asyncio.timeout(WITHIN_S):
            while True:
                self._news.clear()
                for message in self.heard[after:]:
                    if wanted(message):
                        return message
                await self._news.wait()

    async def feed(self, name: str, *, after: int = 0, **keys: object) -> Message:
        """Return the first message of a feed that holds these values."""

        def wanted(message: Message) -> bool:
            told = "event" not in message and message.get("feed") == name
            return told and all(message.get(key) == value for key, value in keys.items())

        return await self.until(wanted, after=after)

    async def event(self, name: str, **keys: object) -> Message:
        """Return the first event of a name that holds these values."""
        keys |= {"event": name}
        return await self.until(lambda m: all(m.get(key) == value for key, value in keys.items()))


@asynccontextmanager
async def ear_of(front: Front, endpoint: ExchangeEndpoint, *, secret: str = "") -> AsyncIterator[Ear]:
    """Yield what a client hears, once it is connected."""
    ear = Ear()
    async with FuturesWSClient(
        endpoint.api_key, secret or endpoint.api_secret, url=front.address, callback=ear.take
    ) as ear.client:
        await ear.client.subscribe("heartbeat")  # its end waits for one more message
        await ear.event("subscribed", feed="heartbeat")
        yield ear


def certificate_at(path: Path) -> Path:
    """Write a certificate for this host, and its key, that nobody but a test trusts."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, HOST)])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(hours=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address(HOST))]), critical=False
        )
        .sign(key, hashes.SHA256())
    )
    secret = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path.write_bytes(secret + certificate.public_bytes(serialization.Encoding.PEM))
    return path
