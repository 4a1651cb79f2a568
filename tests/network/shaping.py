"""One direction of a bad line, as arithmetic: when a packet comes out, if it does. Pure: `now` is an argument.

A packet waits for its turn at the bottleneck (`rate_bps`, with a queue that overflows), may be lost on the air, and
travels for `delay_ms` and up to `jitter_ms` more. Packets stay in order, as they do on a real access line: its jitter
is a wait that comes and goes (other stations have the air), so that packets bunch up behind it.
"""

import random

import msgspec

JITTER_S = 0.1
"""How long one wait of the jitter lasts before another is drawn."""


class Rules(msgspec.Struct, frozen=True, omit_defaults=True):
    """What one direction does to its packets; the defaults are a good line."""

    delay_ms: float = 0.0
    jitter_ms: float = 0.0
    """Additional delay, drawn evenly from 0 to this, ten times a second."""
    loss: float = 0.0
    """Share of packets lost, each for itself, 0…1; 1 is a cut line."""
    rate_bps: int = 0
    """Bits of IP a second; 0 is no limit."""
    queue_ms: float = 500.0
    """What may wait at the bottleneck, as the time that sending it takes; more is dropped."""
    udp: bool = True
    """False: the firewall lets no UDP through, and says nothing."""


class Counters(msgspec.Struct):
    """Packets since the start, by what became of them, and the bytes that came out."""

    passed: int = 0
    passed_bytes: int = 0
    lost: int = 0
    overflowed: int = 0
    blocked: int = 0


class Shaper:
    """Applies the rules to one direction. Seconds, on any one clock."""

    def __init__(self, seed: int) -> None:
        self.rules = Rules()
        self.counters = Counters()
        self._random = random.Random(seed)
        self._free_at = 0.0
        self._last_due = 0.0
        self._wait_s = 0.0
        self._wait_until = 0.0

    def change(self, rules: Rules) -> None:
        """From now on these rules; packets on their way arrive as was promised them."""
        self.rules = rules
        self._free_at = 0.0
        self._wait_until = 0.0

    def due(self, size: int, is_udp: bool, now: float) -> float | None:
        """When a packet of so many bytes comes out; None: never."""
        rules, counters = self.rules, self.counters
        if is_udp and not rules.udp:
            counters.blocked += 1
            return None
        sent = now
        if rules.rate_bps:
            begin = max(now, self._free_at)
            if begin - now > rules.queue_ms / 1000:
                counters.overflowed += 1
                return None
            sent = self._free_at = begin + size * 8 / rules.rate_bps
        # What is lost on the air has used its time at the bottleneck.
        if rules.loss and self._random.random() < rules.loss:
            counters.lost += 1
            return None
        counters.passed += 1
        counters.passed_bytes += size
        self._last_due = max(self._last_due, sent + rules.delay_ms / 1000 + self._jitter_s(now))
        return self._last_due

    def _jitter_s(self, now: float) -> float:
        if self.rules.jitter_ms and now >= self._wait_until:
            self._wait_until = now + JITTER_S
            self._wait_s = self._random.uniform(0, self.rules.jitter_ms / 1000)
        return self._wait_s if self.rules.jitter_ms else 0.0
