"""What a network namespace's netfilter tells and does by netlink (linux/netfilter/nfnetlink.h and its neighbours)."""

import socket
import struct

NETFILTER, TRACE_GROUP, SOL_NETLINK, ADD_MEMBERSHIP, RECEIVE_BUFFER = 12, 9, 270, 1, 33
GET_RULE, LOG_CONFIG, DELETE_FLOWS = 0x0A07, 0x0401, 0x0102
REQUEST, ACKNOWLEDGE, DUMP, DONE, ERROR = 1, 4, 0x300, 3, 2


def netlink():
    made = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, NETFILTER)
    # As root it may be larger than others may ask for.
    made.setsockopt(socket.SOL_SOCKET, RECEIVE_BUFFER, 1 << 26)
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
