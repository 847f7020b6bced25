"""The stage that tells a person: reads what the bot writes, and hands messages to couriers."""

import logging
import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from src.alerts.bulletin import Bulletin, News
from src.alerts.channel import Channel, Message
from src.alerts.courier import Courier
from src.alerts.heartbeat import WorkMeter, pinger
from src.alerts.scrub import scrubbed
from src.alerts.sources import Sources
from src.alerts.targets import Targets
from src.clock import Clock
from src.net.client import HttpClient
from src.net.retry import Backoff
from src.records.alerts import Alert, AlertChange, AlertKind, AlertState
from src.records.settings import BotSettings
from src.store.errors import StoreError, WriteFailed
from src.store.files import Files, Outgoing, Page
from src.store.home import identity_file
from src.store.jsonl import Durability
from src.store.paths import Home

log = logging.getLogger(__name__)

_STATE_EVERY_S = 2.0
_DRAIN_S = 1.0
_WORDS = {AlertChange.BEGAN: "", AlertChange.LASTS: "still: ", AlertChange.OVER: "over: "}


@dataclass(frozen=True, slots=True, kw_only=True)
class Outlets:
    """Where everything goes."""

    channels: tuple[Courier[Message], ...]
    heartbeat: tuple[Courier[None], WorkMeter] | None
    alerts: Outgoing[Alert]
    state: Page[AlertState]


class AlertWatch:
    """The worker behind ``logs/alerts.jsonl``: tells what begins, lasts and ends, and sends the heartbeat."""

    def __init__(
        self,
        *,
        sources: Sources,
        bulletin: Bulletin,
        outlets: Outlets,
        clock: Clock,
        name: str,
        secrets: tuple[str, ...],
    ) -> None:
        """Take where to look and whom to tell; ``name`` begins every title, ``secrets`` are struck out."""
        self._sources = sources
        self._bulletin = bulletin
        self._channels = outlets.channels
        self._heartbeat = outlets.heartbeat
        self._alerts = outlets.alerts
        self._state = outlets.state
        self._clock = clock
        self._name = name
        self._secrets = secrets
        self._state_due = 0.0
        self.handled = 0
        self.outputs = 0
        self.last_event_ts: float | None = None

    def step(self, now: float) -> int:
        """Look once, tell what is new, send the heartbeat that is due; return how many lines were told."""
        now_s = self._clock.real()
        news = self._bulletin.news(self._sources.look(now, now_s), now_s)
        if news:
            self._tell(news, now)
        self._beat(now_s)
        if news or now_s >= self._state_due:
            self._state_due = now_s + _STATE_EVERY_S
            self._report(now)
        self.handled += len(news)
        return len(news)

    def save(self) -> None:
        """Do nothing: a restart tells again what still stands."""

    def close(self) -> None:
        """Deliver what waits, for a moment, and let go of the files."""
        for courier in self._channels:
            courier.close(_DRAIN_S)
        if self._heartbeat is not None:
            self._heartbeat[0].close(0.0)
        self._alerts.close()
        self._sources.close()

    def inputs(self) -> tuple[Path, ...]:
        """Return no files: the slow poll is soon enough."""
        return ()

    def fds(self) -> tuple[int, ...]:
        """Return no descriptors."""
        return ()

    def backlog(self) -> bool:
        """Return that nothing waits."""
        return False

    def _tell(self, news: list[News], now: float) -> None:
        texts = [scrubbed(f"{_WORDS[item.change]}{item.text}", self._secrets) for item in news]
        message = Message(self._title(news), "\n".join(texts))
        for courier in self._channels:
            courier.take(message)
        for item, text in zip(news, texts, strict=True):
            log.warning("alert", extra={"facts": {"change": item.change.value, "text": text}})
            self._write(
                Alert(
                    ts=now,
                    real_ts=self._clock.wall(),
                    kind=item.subject.kind,
                    subject=scrubbed(item.subject.name, self._secrets),
                    change=item.change,
                    text=text,
                )
            )

    def _title(self, news: list[News]) -> str:
        first = min(news, key=lambda item: list(AlertKind).index(item.subject.kind))
        words = f"{_WORDS[first.change]}{first.subject.kind.value.replace('_', ' ')}"
        more = f" and {len(news) - 1} more" if len(news) > 1 else ""
        return f"{self._name}: {words}{more}"

    def _write(self, alert: Alert) -> None:
        try:
            self._alerts.append(alert)
        except WriteFailed as error:
            log.warning("alert_not_written", extra={"facts": {"error": error}})

    def _beat(self, now_s: float) -> None:
        health = self._sources.health
        if self._heartbeat is None or health is None:
            return
        courier, meter = self._heartbeat
        if meter.due(health, now_s=now_s, wall=self._clock.wall()):
            courier.take(None)

    def _report(self, now: float) -> None:
        state = AlertState(
            ts=now,
            real_ts=self._clock.wall(),
            active=tuple(scrubbed(words, self._secrets) for words in self._bulletin.active()),
            held_back=self._bulletin.held_back,
            channels=tuple(courier.state() for courier in self._channels),
            heartbeat=self._heartbeat[0].state() if self._heartbeat is not None else None,
        )
        try:
            self._state.write(state)
        except StoreError as error:
            log.warning("alert_state_not_written", extra={"facts": {"error": error}})
            return
        self.outputs += 1


def build_alert_watch(
    home: Home,
    settings: BotSettings,
    clock: Clock,
    *,
    files: Files,
    targets: Targets,
    disk: Callable[[], tuple[str, ...]],
    rng: random.Random,
) -> AlertWatch:
    """Return the stage of a home, its couriers waiting.

    Raises:
        BadAddress: a channel's address is none.
        WriterExists: another process tells the alerts of this home.
    """
    channels = [Channel(address) for address in targets.channels]
    heartbeat: tuple[Courier[None], WorkMeter] | None = None
    if targets.heartbeat is not None:
        client = heartbeat_client(clock, rng)
        ping = pinger(client, targets.heartbeat)
        courier = Courier("heartbeat", ping, clock=clock, rng=rng, attempts=3)
        heartbeat = (courier, WorkMeter(settings.alerts.heartbeat_every_s))
    outlets = Outlets(
        channels=tuple(
            Courier(f"{number}:{channel.kind}", channel.tell, clock=clock, rng=rng)
            for number, channel in enumerate(channels, start=1)
        ),
        heartbeat=heartbeat,
        alerts=files.writer(home.alerts, writer="alerts", durability=Durability.TELEMETRY),
        state=files.document(home.alert_state, AlertState, writer="alerts", durable=False),
    )
    return AlertWatch(
        sources=Sources(home, settings, files, speed=clock.speed, disk=disk),
        bulletin=Bulletin(settings.alerts),
        outlets=outlets,
        clock=clock,
        name=title_of(home),
        secrets=targets.secrets(),
    )


def title_of(home: Home) -> str:
    """Return what every message of a home begins with."""
    identity = identity_file(home).read()
    return "trading-bot" if identity is None else f"trading-bot {identity.mode} {identity.instance}"


def heartbeat_client(clock: Clock, rng: random.Random) -> HttpClient:
    """Return what fetches a heartbeat's address: one attempt."""
    return HttpClient(
        real=clock.real,
        sleep=time.sleep,
        backoff=lambda: Backoff(first_s=1.0, maximum_s=10.0, rng=rng),
        attempts=1,
        maximum_bytes=65_536,
    )
