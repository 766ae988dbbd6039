"""A host of the console protocol, written from modules/provisioning/PROTOCOL.md alone, with Python's own library.

console-host.py PORT FILE: PORT is a serial device or a pty, FILE has a JSON object of records, name to hex digits.
Prints JSON lines {what, value}.
"""

import hashlib
import hmac
import json
import os
import select
import struct
import sys
import termios
import time
import zlib

NAMES = {
    0x01: "versions", 0x02: "firmware", 0x03: "firmwareVersion", 0x04: "board", 0x05: "uniqueId", 0x06: "boot",
    0x07: "kind", 0x08: "state", 0x09: "room", 0x0A: "record", 0x0B: "more", 0x0C: "session", 0x0D: "flags",
    0x0E: "total", 0x0F: "offset", 0x10: "data", 0x11: "digest", 0x12: "challenge", 0x13: "mac", 0x14: "detail",
}
TAGS = {name: tag for tag, name in NAMES.items()}
COMMANDS = dict(identify=1, list=2, begin=3, write=4, commit=5, abort=6, prove=7, restart=8, lock=9)
STATUSES = (
    "ok malformed version unsupported unknown-record bad-value no-session out-of-order conflict full incomplete "
    "wrong-digest no-record storage locked failed"
).split()


def say(what, value=None):
    print(json.dumps({"what": what, "value": value}), flush=True)


def open_port(path):
    fd = os.open(path, os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK)
    iflag, oflag, cflag, lflag, _, _, cc = termios.tcgetattr(fd)
    cflag = termios.CS8 | termios.CREAD | termios.CLOCAL
    termios.tcsetattr(fd, termios.TCSANOW, [0, 0, cflag, 0, termios.B115200, termios.B115200, cc])
    return fd


def frame(kind, number, payload, version=1):
    inner = struct.pack(">BBHH", version, kind, number, len(payload)) + payload
    return b"\xa5" + inner + struct.pack(">I", zlib.crc32(inner))


def fields(**values):
    """In the order given; numbers have two bytes."""
    out = b""
    for name, value in values.items():
        if isinstance(value, int):
            value = struct.pack(">H", value)
        if isinstance(value, str):
            value = value.encode()
        out += struct.pack(">BH", TAGS[name], len(value)) + value
    return out


def parse(payload):
    found = {}
    at = 1
    while at < len(payload):
        tag, length = struct.unpack_from(">BH", payload, at)
        assert at + 3 + length <= len(payload), "a field is cut"
        found.setdefault(NAMES[tag], []).append(payload[at + 3 : at + 3 + length])
        at += 3 + length
    return STATUSES[payload[0]], found


class Host:
    def __init__(self, fd):
        self.fd = fd
        self.buffer = b""
        self.number = int.from_bytes(os.urandom(2), "big")

    def send(self, data):
        while data:
            select.select([], [self.fd], [])
            data = data[os.write(self.fd, data) :]

    def frames(self, seconds):
        """Whole frames, until so much time has passed."""
        end = time.monotonic() + seconds
        while True:
            start = self.buffer.find(b"\xa5")
            self.buffer = self.buffer[start:] if start >= 0 else b""
            if len(self.buffer) >= 7:
                version, kind, number, length = struct.unpack_from(">BBHH", self.buffer, 1)
                if not 1 <= version <= 15 or length > 512:
                    self.buffer = self.buffer[1:]
                    continue
                if len(self.buffer) >= 11 + length:
                    (crc,) = struct.unpack_from(">I", self.buffer, 7 + length)
                    if crc != zlib.crc32(self.buffer[1 : 7 + length]):
                        self.buffer = self.buffer[1:]
                        continue
                    payload = self.buffer[7 : 7 + length]
                    self.buffer = self.buffer[11 + length :]
                    yield version, kind, number, payload
                    continue
            left = end - time.monotonic()
            if left <= 0:
                return
            ready, _, _ = select.select([self.fd], [], [], min(left, 0.25))
            if ready:
                self.buffer += os.read(self.fd, 4096)
            elif self.buffer:
                self.buffer = self.buffer[1:]

    def exchange(self, command, payload=b"", version=1, seconds=1.0, raw=None):
        self.number = (self.number + 1) & 0xFFFF
        request = raw or frame(COMMANDS[command], self.number, payload, version)
        for _ in range(5):
            self.send(request)
            for _, kind, number, answer in self.frames(seconds):
                if kind == COMMANDS[command] | 0x80 and number == self.number:
                    return parse(answer)
        raise SystemExit("nobody answers")

    def ask(self, command, **values):
        status, answer = self.exchange(command, fields(**values), seconds=8.0 if command == "commit" else 1.0)
        if status != "ok":
            raise SystemExit(f"{command}: {status} {answer}")
        return answer

    def proves(self, name, value):
        challenge = os.urandom(24)
        (mac,) = self.ask("prove", record=name, challenge=challenge)["mac"]
        wanted = hmac.new(value, b"linkxs prove 1" + challenge + name.encode(), "sha256").digest()
        return hmac.compare_digest(mac, wanted)


def main():
    port, file = sys.argv[1:]
    with open(file) as stream:
        records = {name: bytes.fromhex(digits) for name, digits in json.load(stream).items()}
    host = Host(open_port(port))

    known = host.ask("identify")
    say("identified", {name: known[name][0].decode() for name in ("firmware", "firmwareVersion", "board")})
    status, answer = host.exchange("identify", version=2)
    say("version 2", [status, answer["versions"][0].hex()])

    session = os.urandom(8)
    host.ask("begin", session=session, flags=b"\0")
    digest = hashlib.sha256()
    for name, value in records.items():
        digest.update(name.encode() + b"\0" + struct.pack(">H", len(value)) + value)
        for at in range(0, len(value), 300):
            piece = dict(session=session, record=name, total=len(value), offset=at, data=value[at : at + 300])
            host.ask("write", **piece)
            # As if its answer had been lost; and then a frame with one bit wrong, which nobody answers.
            host.ask("write", **piece)
            spoilt = bytearray(frame(COMMANDS["write"], 1, fields(**piece)))
            spoilt[12] ^= 4
            host.send(bytes(spoilt))
    host.ask("commit", session=session, digest=digest.digest())
    host.ask("commit", session=session, digest=digest.digest())

    known = host.ask("identify")
    say("kind", known["kind"][0].decode())
    say("listed", [name.decode() for name in host.ask("list")["record"]])
    say("proved", all(host.proves(name, value) for name, value in records.items()))
    name = next(iter(records))
    say("wrong value proved", host.proves(name, records[name] + b"x"))
    status, _ = host.exchange("lock")
    say("lock", status)
    status, _ = host.exchange("write", fields(session=session, record=name, total=1, offset=0, data=b"x"))
    say("after the session", status)

    boot = known["boot"][0]
    host.ask("restart", boot=boot)
    again = host.ask("identify")["boot"][0]
    while again == boot:
        again = host.ask("identify")["boot"][0]
    # A repeat of the request for a restart that has been done: nothing.
    host.ask("restart", boot=boot)
    say("restarted once", host.ask("identify")["boot"][0] == again)


main()
