"""Sends single packets in a pod and from outside of it, and hands out what the kernel traced of them.

    packets.py POD OUTSIDE CPU DEVICE...        network namespaces; the devices have the same name in both

One JSON line asks for a round: `run` is a script, and then come `listen`, `packets` and what became of them. The answer is a
row of records, each with a letter, a length and its bytes: see packets.ts. All is done by one process on one processor, for
then the kernel works off what was sent in the order in which it was sent: when a packet that was sent last is seen,
everything before it is done.
Python, since Node can make no raw and no transparent socket.
"""

import contextlib
import ctypes
import errno
import json
import os
import select
import socket
import struct
import subprocess
import sys
import time

# Seconds, on a machine that is busy with other work.
PATIENCE = 20
LIBC = ctypes.CDLL(None, use_errno=True)
CLONE_NEWNET = 0x40000000
NETFILTER, TRACE_GROUP, SOL_NETLINK, ADD_MEMBERSHIP = 12, 9, 270, 1
GET_RULE, LOG_CONFIG, DELETE_FLOWS = 0x0A07, 0x0401, 0x0102
REQUEST, ACKNOWLEDGE, DUMP, DONE, ERROR = 1, 4, 0x300, 3, 2
OUTGOING = 4
FAMILIES = {'ip': socket.AF_INET, 'ip6': socket.AF_INET6}
LEVEL = {socket.AF_INET: socket.SOL_IP, socket.AF_INET6: socket.IPPROTO_IPV6}
TRANSPARENT = {socket.AF_INET: 19, socket.AF_INET6: 75}
HEADER_INCLUDED = {socket.AF_INET: 3, socket.AF_INET6: 36}
PROTOCOLS = {'tcp': 6, 'udp': 17}
ETHERTYPES = {socket.AF_INET: 0x0800, socket.AF_INET6: 0x86DD}
SYN, RST, ACK = 2, 4, 16
# Packets with such a port are traced in both directions, and answered.
ANSWERED = range(50_000, 60_000)
SENTINEL = ('192.0.2.254', 9)


def enter(namespace):
    with open(f'/run/netns/{namespace}') as file:
        if LIBC.setns(file.fileno(), CLONE_NEWNET):
            raise OSError(ctypes.get_errno(), namespace)


def family_of(host):
    return socket.AF_INET6 if ':' in host else socket.AF_INET


# ---- bytes ----


def checksum(data):
    if len(data) % 2:
        data += b'\0'
    total = sum(struct.unpack(f'!{len(data) // 2}H', data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def segment(protocol, source, sport, destination, dport, label=0, flags=SYN, number=1, acknowledged=0, data=b''):
    """A packet from its network header on; its label is the identification, or the flow label."""
    family = family_of(destination)
    old = family == socket.AF_INET
    addresses = socket.inet_pton(family, source) + socket.inet_pton(family, destination)
    if protocol == 'icmp':
        kind = 1 if old else 58
        upper = struct.pack('!BBHHH', 8 if old else 128, 0, 0, sport, 1) + data
        place = 2
    elif protocol == 'tcp':
        kind = 6
        upper = struct.pack('!HHIIBBHHH', sport, dport, number, acknowledged, 0x50, flags, 65535, 0, 0) + data
        place = 16
    else:
        kind = 17
        upper = struct.pack('!HHHH', sport, dport, 8 + len(data), 0) + data
        place = 6
    pseudo = b'' if protocol == 'icmp' and old else addresses + struct.pack('!HBBBB' if old else '!IHBB', *((len(upper), 0, 0, 0, kind) if old else (len(upper), 0, 0, kind)))
    upper = upper[:place] + struct.pack('!H', checksum(pseudo + upper) or 0xFFFF) + upper[place + 2 :]
    if not old:
        return struct.pack('!IHBB', 6 << 28 | label, len(upper), kind, 64) + addresses + upper
    head = struct.pack('!BBHHHBBH', 0x45, 0, 20 + len(upper), label, 0x4000, 64, kind, 0) + addresses
    return head[:10] + struct.pack('!H', checksum(head)) + head[12:] + upper


# ---- the kernel's side ----


def netlink():
    made = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, NETFILTER)
    made.setsockopt(socket.SOL_SOCKET, 33, 1 << 26)  # SO_RCVBUFFORCE
    made.bind((0, 0))
    return made


def message(kind, flags, family, resource, attributes=b''):
    return struct.pack('=IHHII', 20 + len(attributes), kind, flags, 1, 0) + struct.pack('!BBH', family, 0, resource) + attributes


def attribute(kind, data):
    return struct.pack('=HH', 4 + len(data), kind) + data + b'\0' * (-len(data) % 4)


def confirmed(channel, asked):
    channel.send(asked)
    answer = channel.recv(65536)
    code = struct.unpack_from('=i', answer, 16)[0]
    if code:
        raise OSError(-code, 'netlink')


def rules(family):
    """All rules of a family, in their order, as the kernel describes them."""
    parts = []
    with netlink() as channel:
        channel.send(message(GET_RULE, REQUEST | DUMP, family, 0))
        while True:
            data = channel.recv(1 << 20)
            parts.append(data)
            at = 0
            while at < len(data):
                size, kind = struct.unpack_from('=IH', data, at)
                if kind == DONE:
                    return b''.join(parts)
                if kind == ERROR:
                    raise OSError(-struct.unpack_from('=i', data, at + 16)[0], 'rules')
                at += size + -size % 4


def forget():
    """Empties the connection tracking: an entry that has the header of a new packet would hide nat from it."""
    with netlink() as channel:
        confirmed(channel, message(DELETE_FLOWS, REQUEST | ACKNOWLEDGE, 0, 0))


def traces():
    channel = netlink()
    channel.setsockopt(SOL_NETLINK, ADD_MEMBERSHIP, TRACE_GROUP)
    channel.setblocking(False)
    return channel


def logs():
    """What iptables-legacy traces goes to group 0 of the packet log."""
    channel = netlink()
    # Bind to the group; copy packets, 88 bytes of each; and don't gather them.
    confirmed(channel, message(LOG_CONFIG, REQUEST | ACKNOWLEDGE, 0, 0, attribute(1, b'\1')))
    copied = attribute(2, struct.pack('!IBB', 88, 2, 0))
    confirmed(channel, message(LOG_CONFIG, REQUEST | ACKNOWLEDGE, 0, 0, copied + attribute(5, struct.pack('!I', 1))))
    channel.setblocking(False)
    return channel


def drained(channel):
    while True:
        try:
            yield channel.recv(65536)
        except BlockingIOError:
            return


# ---- sockets of the pod ----


def owned(uid, gid, family, kind, protocol=0):
    """A socket belongs to the file system's user of the thread that made it; what takes capabilities stays possible."""
    LIBC.setfsgid(gid)
    LIBC.setfsuid(uid)
    try:
        return socket.socket(family, kind | socket.SOCK_NONBLOCK, protocol)
    finally:
        LIBC.setfsuid(0)
        LIBC.setfsgid(0)


def reset_at_end(connection):
    """With no time to linger it leaves no end behind that waits for an answer."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack('ii', 1, 0))


class Listener:
    """As the proxy's user, on all addresses of a family; the mark tells where it listens."""

    def __init__(self, family, port, uid, gid):
        self.port = port
        self.stream = owned(uid, gid, family, socket.SOCK_STREAM)
        self.datagrams = owned(uid, gid, family, socket.SOCK_DGRAM)
        for made in (self.stream, self.datagrams):
            made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            made.setsockopt(socket.SOL_SOCKET, socket.SO_MARK, port)
            made.setsockopt(LEVEL[family], TRANSPARENT[family], 1)
            if family == socket.AF_INET6:
                made.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        # The answer to a redirected datagram has to come from the address that it was redirected to.
        self.datagrams.bind(('127.0.0.1' if family == socket.AF_INET else '::1', port))
        self.stream.bind(('', port))
        self.stream.listen(4096)

    def close(self):
        self.stream.close()
        self.datagrams.close()

    def arrived(self, kept):
        """Who came: the peer, and its own end; datagrams are answered where all of a flow is traced."""
        while True:
            try:
                connection, peer = self.stream.accept()
            except BlockingIOError:
                break
            reset_at_end(connection)
            kept.append((peer[1], connection))
            yield 'tcp', self.port, peer[0], peer[1]
        while True:
            try:
                data, peer = self.datagrams.recvfrom(2048)
            except BlockingIOError:
                return
            yield 'udp', self.port, peer[0], peer[1]
            if peer[1] in ANSWERED:
                with contextlib.suppress(PermissionError):
                    self.datagrams.sendto(data, peer)


def written(packet):
    flags = packet['flags']
    where = [packet[key] for key in ('protocol', 'source', 'sport', 'destination', 'dport')]
    return segment(*where, packet['label'], flags, acknowledged=1 if flags & ACK else 0)


def send(packet, kept):
    """One packet of a process in the pod."""
    family = family_of(packet['destination'])
    protocol = packet['protocol']
    by_hand = 'flags' in packet
    if by_hand:
        kind, number = socket.SOCK_RAW, socket.IPPROTO_RAW
    else:
        kind, number = {
            'tcp': (socket.SOCK_STREAM, 0),
            'udp': (socket.SOCK_DGRAM, 0),
            'icmp': (socket.SOCK_DGRAM, 1 if family == socket.AF_INET else 58),
        }[protocol]
    made = owned(packet['uid'], packet['gid'], family, kind, number)
    kept.append((packet['sport'], made))
    if packet.get('mark'):
        made.setsockopt(socket.SOL_SOCKET, socket.SO_MARK, struct.pack('=I', packet['mark']))
    destination, dport = packet['destination'], packet['dport']
    if by_hand:
        made.setsockopt(LEVEL[family], HEADER_INCLUDED[family], 1)
        made.sendto(written(packet), (destination, 0))
        return
    made.bind((packet['source'], packet['sport']))
    if protocol == 'tcp':
        reset_at_end(made)
        error = made.connect_ex((destination, dport))
        # In progress, refused, or nobody there: said by an answer, so it was sent.
        if error not in (0, 115, 111, 113):
            raise OSError(error, 'connect')
    elif protocol == 'udp':
        made.sendto(b'?', (destination, dport))
    else:
        head = bytes([8 if family == socket.AF_INET else 128, 0, 0, 0, 0, 0, 0, 1])
        made.sendto(head, (destination, 0))


# ---- outside ----


def hardware_address(name):
    with socket.socket(socket.AF_PACKET, socket.SOCK_RAW) as made:
        made.bind((name, 0))
        return made.getsockname()[4]


class Device:
    """The far end of a cable: what comes out is read, and frames are put in."""

    def __init__(self, name):
        self.name = name
        self.socket = socket.socket(socket.AF_PACKET, socket.SOCK_RAW | socket.SOCK_NONBLOCK, socket.htons(3))
        self.socket.setsockopt(socket.SOL_SOCKET, 33, 1 << 23)
        self.socket.bind((name, 3))
        self.own = self.socket.getsockname()[4]

    def reach(self, address):
        self.far = address

    def send(self, packet):
        kind = 0x0800 if packet[0] >> 4 == 4 else 0x86DD
        self.socket.send(self.far + self.own + struct.pack('!H', kind) + packet)

    def frames(self):
        while True:
            try:
                data, address = self.socket.recvfrom(2048)
            except BlockingIOError:
                return
            if address[2] != OUTGOING and data[12:14] in (b'\x08\x00', b'\x86\xdd'):
                yield data[14:]


def answer(packet):
    """What the outside says to a packet whose whole flow is traced; None to all others."""
    old = packet[0] >> 4 == 4
    family, head, kind = (socket.AF_INET, 20, packet[9]) if old else (socket.AF_INET6, 40, packet[6])
    if kind not in PROTOCOLS.values():
        return None
    source, destination = (packet[12:16], packet[16:20]) if old else (packet[8:24], packet[24:40])
    sport, dport = struct.unpack_from('!HH', packet, head)
    back = (socket.inet_ntop(family, destination), dport, socket.inet_ntop(family, source), sport)
    if kind == 17:
        return segment('udp', *back, data=packet[head + 8 :]) if sport in ANSWERED else None
    number, acknowledged = struct.unpack_from('!II', packet, head + 4)
    flags = packet[head + 13] & (SYN | RST | ACK)
    if flags == SYN and sport in ANSWERED:
        return segment('tcp', *back, flags=SYN | ACK, number=1, acknowledged=number + 1 & 0xFFFFFFFF)
    if flags == SYN | ACK and dport in ANSWERED:
        return segment('tcp', *back, flags=ACK, number=acknowledged, acknowledged=number + 1 & 0xFFFFFFFF)
    return None


# ---- rounds ----


class Round:
    def __init__(self, devices, traced, logged):
        self.devices, self.traced, self.logged = devices, traced, logged
        self.listeners = {}
        self.sentinels = 0

    def listen(self, wanted):
        wanted = {(FAMILIES[family], port, uid, gid) for family, port, uid, gid in wanted}
        for key in set(self.listeners) - wanted:
            self.listeners.pop(key).close()
        for key in wanted - set(self.listeners):
            self.listeners[key] = Listener(*key)

    def settled(self):
        """Waits until all that was sent has been worked off, and yields the trace of it."""
        self.sentinels += 1
        mark = struct.pack('!4sI', b'last', self.sentinels)
        device = self.devices[0]
        device.send(segment('udp', SENTINEL[0], 9, '192.0.2.253', SENTINEL[1], data=mark))
        until = time.monotonic() + PATIENCE
        while True:
            for data in drained(self.traced):
                if mark in data:
                    return
                yield data
            left = until - time.monotonic()
            if left < 0:
                raise TimeoutError('the kernel has not told of the last packet')
            select.select([self.traced], [], [], left)

    def play(self, asked, tell):
        self.listen(asked['listen'])
        kept = []
        unsent = {}
        outside = {device.name: device for device in self.devices}
        for number, packet in enumerate(asked['packets']):
            try:
                if 'in' in packet:
                    outside[packet['in']].send(written(packet))
                else:
                    send(packet, kept)
            except OSError as error:
                # A rule that drops it says so to its sender.
                if error.errno != errno.EPERM:
                    unsent[number] = error.strerror
        # What is answered is sent while the trace is read; what answers that, in the next turn.
        for _ in range(4 if asked.get('answers') else 1):
            for data in self.settled():
                tell('T', data)
            for device in self.devices:
                for frame in device.frames():
                    tell('F', bytes([len(device.name)]) + device.name.encode() + frame[:80])
                    said = answer(frame)
                    if said:
                        device.send(said)
            for listener in self.listeners.values():
                for arrival in listener.arrived(kept):
                    tell('A', json.dumps(arrival).encode())
            # Whoever gets no answer sends again after a second: it ends before that.
            for sport, made in kept:
                if sport not in ANSWERED:
                    made.close()
        for data in drained(self.logged):
            tell('L', data)
        for _, made in kept:
            made.close()
        tell('S', json.dumps(unsent).encode())


def answer_lines(play):
    for line in sys.stdin:
        asked = json.loads(line)
        records = []

        def tell(letter, data):
            records.append(struct.pack('=cI', letter.encode(), len(data)))
            records.append(data)

        try:
            if 'run' in asked:
                ran = subprocess.run(['sh', '-e'], input=asked['run'].encode(), capture_output=True)
                if ran.returncode:
                    raise OSError(f'exit code {ran.returncode}: {ran.stderr.decode()}')
                forget()
                for family in (2, 10):
                    tell('R', rules(family))
            if 'packets' in asked:
                play(asked, tell)
            tell('E', b'')
        except Exception as error:
            tell('E', repr(error).encode())
        sys.stdout.buffer.write(b''.join(records))
        sys.stdout.buffer.flush()


def main(pod, outside, cpu, *names):
    processors = sorted(os.sched_getaffinity(0))
    os.sched_setaffinity(0, {processors[int(cpu) % len(processors)]})
    enter(outside)
    devices = [Device(name) for name in names]
    enter(pod)
    for device in devices:
        device.reach(hardware_address(device.name))
    answer_lines(Round(devices, traces(), logs()).play)


main(*sys.argv[1:])
