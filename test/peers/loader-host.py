"""A host of the boot loader's protocol, written from hal/BURN.md alone, with Python's own library.

loader-host.py HOST PORT IMAGE: burns IMAGE into the slot that isn't started now, over a TCP connection that stands for
the second UART. Prints JSON lines {what, value}.
"""

import json
import os
import socket
import struct
import sys
import time
import zlib

BLOCK = 4096
HEADER = 256
TYPES = dict(identify=1, table=2, begin=3, write=4, end=5, boot=6)
STATUSES = (
    "ok malformed version unsupported no-table bad-table other-table no-slot bad-image wrong-board too-large "
    "not-begun out-of-order incomplete wrong-digest flash"
).split()


def say(what, value=None):
    print(json.dumps({"what": what, "value": value}), flush=True)


def frame(kind, number, payload=b"", version=1):
    inner = struct.pack(">BBHH", version, kind, number, len(payload)) + payload
    return b"\xb5" + inner + struct.pack(">I", zlib.crc32(inner))


class Host:
    def __init__(self, line):
        self.line = line
        self.buffer = b""
        self.number = int.from_bytes(os.urandom(2), "big")

    def frames(self, seconds):
        """Whole frames, until so much time has passed."""
        end = time.monotonic() + seconds
        while True:
            start = self.buffer.find(b"\xb5")
            self.buffer = self.buffer[start:] if start >= 0 else b""
            if len(self.buffer) >= 7:
                version, kind, number, size = struct.unpack_from(">BBHH", self.buffer, 1)
                if not 1 <= version <= 15 or size > 1024:
                    self.buffer = self.buffer[1:]
                    continue
                if len(self.buffer) >= 11 + size:
                    (crc,) = struct.unpack_from(">I", self.buffer, 7 + size)
                    if crc != zlib.crc32(self.buffer[1 : 7 + size]):
                        self.buffer = self.buffer[1:]
                        continue
                    payload = self.buffer[7 : 7 + size]
                    self.buffer = self.buffer[11 + size :]
                    yield kind, number, payload
                    continue
            left = end - time.monotonic()
            if left <= 0:
                return
            self.line.settimeout(min(left, 0.25))
            try:
                more = self.line.recv(4096)
                if not more:
                    raise SystemExit("the line was closed")
                self.buffer += more
            except socket.timeout:
                self.buffer = self.buffer[1:]

    def exchange(self, name, payload=b"", seconds=5.0, version=1):
        self.number = (self.number + 1) & 0xFFFF
        for _ in range(4):
            self.line.sendall(frame(TYPES[name], self.number, payload, version))
            for kind, number, answer in self.frames(seconds):
                if kind == TYPES[name] | 0x80 and number == self.number:
                    return answer
        raise SystemExit("nobody answers")

    def ask(self, name, payload=b"", **more):
        answer = self.exchange(name, payload, **more)
        status, slot, wanted = struct.unpack_from(">BBI", answer)
        return STATUSES[status], slot, wanted, answer[6:].decode()


def identified(answer):
    status, protocol, flash, table, decided = struct.unpack_from(">BBIBB", answer)
    at = 8

    def text():
        nonlocal at
        size = answer[at]
        at += 1 + size
        return answer[at - size : at]

    version, board, unique = text().decode(), text().decode(), text().hex()
    count = answer[at]
    at += 1
    slots = []
    for _ in range(count):
        number, room, state = struct.unpack_from(">BIB", answer, at)
        at += 6
        slots.append([number, room, state, text().decode()])
    assert at == len(answer), "identify has more than the page says"
    return dict(protocol=protocol, flash=flash, table=table, decided=decided, board=board, id=len(unique) // 2, slots=slots)


def begin(image, slot=0xFF, flags=0):
    sums = b""
    for at in range(0, len(image), BLOCK):
        block = image[at : at + BLOCK]
        if at == 0:
            block = b"\xff" * HEADER + block[HEADER:]
        sums += struct.pack(">I", zlib.crc32(block))
    return bytes([slot, flags]) + image[:HEADER] + sums


def main():
    host_name, port, file = sys.argv[1:]
    with open(file, "rb") as stream:
        image = stream.read()
    host = Host(socket.create_connection((host_name, int(port))))

    known = identified(host.exchange("identify"))
    say("identified", known)
    say("version 2", host.ask("identify", version=2)[0::3])
    say("write before begin", host.ask("write", struct.pack(">I", 0) + image[:BLOCK])[0])

    status, slot, wanted, _ = host.ask("begin", begin(image), seconds=15.0)
    say("begun", [status, slot, wanted])
    say("too early", host.ask("end")[0::2])
    say("out of order", host.ask("write", struct.pack(">I", BLOCK) + image[BLOCK : 2 * BLOCK])[0::2])
    say("not a block", host.ask("write", struct.pack(">I", 0) + image[:100])[0])
    while wanted < len(image):
        block = struct.pack(">I", wanted) + image[wanted : wanted + BLOCK]
        # A frame with one bit wrong, which nobody answers; then the right one twice, as if its answer had been lost.
        spoilt = bytearray(frame(TYPES["write"], 1, block))
        spoilt[200] ^= 4
        host.line.sendall(spoilt)
        status, _, wanted, words = host.ask("write", block)
        assert status == "ok", (status, words)
        assert host.ask("write", block)[:3] == ("ok", slot, wanted)
    status, _, wanted, words = host.ask("end", seconds=15.0)
    say("ended", [status, wanted, words])
    say("ended twice", host.ask("end", seconds=15.0)[0])
    say("there already", host.ask("begin", begin(image, slot), seconds=15.0)[0:3])
    say("ended thrice", host.ask("end", seconds=15.0)[0])
    say("decided", identified(host.exchange("identify"))["decided"])
    say("started", host.ask("boot")[0])


main()
