"""What route and fan-out cost for each packet that leaves, in this process, at 1, 4, 30 and 100 receivers.

A second of 720p30 (1.5 Mbit/s, keyframe of 35 packets) and Opus goes through a route as often as the time allows, a
picture at a time, to real SRTP sessions and real UDP sockets on loopback. Timed is everything from the parsed packet to
the kernel having taken it; emptying the receivers' sockets is not.
"""

import asyncio
import random
import socket
import time
from collections.abc import Iterator

from benchmarks.machine import tell
from classroom.relay.drops import Drops
from classroom.relay.express import Express
from classroom.relay.fanout import Fanout, point
from classroom.relay.lane import LaneKey, Outlet
from classroom.relay.layer import Follower, Layer
from classroom.relay.peer import SecureTransport, generate_certificate
from classroom.relay.playout import Playout, synthetic_clip
from classroom.relay.rtp import Packet
from classroom.relay.track import Start, Track

RECEIVERS = (1, 4, 30, 100)
SEED = 1
MEASURE_S = 2.0


async def main() -> None:
    """Print the line."""
    random.seed(SEED)
    figures = {str(count): await _measure(count) for count in RECEIVERS}
    tell("route", {"us_per_packet_out": figures}, seed=SEED)


async def _measure(receivers: int) -> dict[str, float]:
    sender = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sender.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 16 << 20)
    sender.bind(("127.0.0.1", 0))
    drops = Drops()
    fanout = Express.open(sender, drops) or Fanout(sender, drops)
    layer = Layer(Track("video", "vp8", 90_000, 1, ""), Start(1, 2, 3), fanout.send, drops)
    ends = [await _receiver() for _ in range(receivers)]
    for secure, receiver in ends:
        outlet = Outlet(secure.srtp_session)
        point(outlet, socket.AF_INET, receiver.getsockname())
        layer.join(Follower(outlet, LaneKey(96, 3, secure.tag_bytes)))
    spent_s, sent = 0.0, 0
    end = time.monotonic() + MEASURE_S
    pictures = _pictures()
    while time.monotonic() < end:
        packets = next(pictures)
        before = time.process_time()
        for packet in packets:
            layer.forward(packet, packet.sequence_number)
        layer.flush()
        fanout.flush()
        spent_s += time.process_time() - before
        sent += len(packets) * receivers
        for _, receiver in ends:
            _empty(receiver)
    for secure, receiver in ends:
        await secure.close()
        receiver.close()
    sender.close()
    return {"us": round(spent_s / sent * 1e6, 2), "packets": sent, "refused": sent - fanout.packets_out}


def _pictures() -> Iterator[list[Packet]]:
    playout, number = Playout(synthetic_clip(fill=random.randbytes)), 0x10000
    while True:
        cue = playout.next()
        if cue.kind == "audio":
            continue
        packets = []
        for index, payload in enumerate(cue.payloads):
            last = index == len(cue.payloads) - 1
            keyframe = cue.keyframe and index == 0
            packets.append(Packet("video", 96, last, number, cue.timestamp, 7, payload, time.monotonic(), keyframe))
            number += 1
        yield packets


async def _receiver() -> tuple[SecureTransport, socket.socket]:
    """A real DTLS handshake in memory, for its outgoing SRTP session, and a socket to send to."""
    ours, theirs = generate_certificate(), generate_certificate()
    server = SecureTransport(lambda datagram: client.receive(datagram), ours, "server")
    client = SecureTransport(server.receive, theirs, "client")
    await asyncio.gather(server.start([theirs.fingerprint()]), client.start([ours.fingerprint()]))
    receiver = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    receiver.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
    receiver.setblocking(False)
    receiver.bind(("127.0.0.1", 0))
    return server, receiver


def _empty(receiver: socket.socket) -> None:
    try:
        while True:
            receiver.recv(2048)
    except BlockingIOError:
        return


if __name__ == "__main__":
    asyncio.run(main())
