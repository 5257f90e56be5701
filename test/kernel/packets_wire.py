"""Packets as bytes, and the far ends of a pod's cables."""

import socket
import struct

PROTOCOLS = {'tcp': 6, 'udp': 17}
SYN, RST, ACK = 2, 4, 16
# Packets with such a port are traced in both directions, and answered.
ANSWERED = range(50_000, 60_000)
# Source ports that one packet alone has, and those of flows.
OWN = range(20_000, 60_000)
OUTGOING = 4
RECEIVE_BUFFER = 33


def family_of(host):
    return socket.AF_INET6 if ':' in host else socket.AF_INET


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
    # ICMP alone has no checksum over the addresses, and only where it is not that of IPv6.
    pseudo = addresses + struct.pack('!IHBB', len(upper), 0, 0, kind) if protocol != 'icmp' or not old else b''
    upper = upper[:place] + struct.pack('!H', checksum(pseudo + upper) or 0xFFFF) + upper[place + 2 :]
    if not old:
        return struct.pack('!IHBB', 6 << 28 | label, len(upper), kind, 64) + addresses + upper
    head = struct.pack('!BBHHHBBH', 0x45, 0, 20 + len(upper), label, 0x4000, 64, kind, 0) + addresses
    return head[:10] + struct.pack('!H', checksum(head)) + head[12:] + upper


def said(port, back=0):
    """What a datagram says of itself, for rules may change its ports: that of its flow, and whether it answers."""
    return struct.pack('!4sHH', b'flow', port, back) if port in OWN else b'?'


def flow_of(data):
    """The port of the flow that a datagram opens and everything answers; None of all others, and of answers."""
    if len(data) < 8 or data[:4] != b'flow':
        return None
    port, back = struct.unpack_from('!HH', data, 4)
    return port if port in ANSWERED and not back else None


def written(packet):
    flags = packet['flags']
    where = [packet[key] for key in ('protocol', 'source', 'sport', 'destination', 'dport')]
    data = said(packet['sport']) if packet['protocol'] == 'udp' else b''
    return segment(*where, packet['label'], flags, acknowledged=1 if flags & ACK else 0, data=data)


def hardware_address(name):
    with socket.socket(socket.AF_PACKET, socket.SOCK_RAW) as made:
        made.bind((name, 0))
        return made.getsockname()[4]


class Device:
    """The far end of a cable: what comes out is read, and frames are put in."""

    def __init__(self, name):
        self.name = name
        self.socket = socket.socket(socket.AF_PACKET, socket.SOCK_RAW | socket.SOCK_NONBLOCK, socket.htons(3))
        self.socket.setsockopt(socket.SOL_SOCKET, RECEIVE_BUFFER, 1 << 23)
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
        flow = flow_of(packet[head + 8 :])
        return segment('udp', *back, data=said(flow, 1)) if flow else None
    number, acknowledged = struct.unpack_from('!II', packet, head + 4)
    flags = packet[head + 13] & (SYN | RST | ACK)
    if flags == SYN and sport in ANSWERED:
        return segment('tcp', *back, flags=SYN | ACK, number=1, acknowledged=number + 1 & 0xFFFFFFFF)
    if flags == SYN | ACK and dport in ANSWERED:
        return segment('tcp', *back, flags=ACK, number=acknowledged, acknowledged=number + 1 & 0xFFFFFFFF)
    return None
