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

# Python looks for nothing beside the script where it runs isolated.
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from packets_netlink import drained, forget, logs, rules, traces
from packets_wire import ANSWERED, Device, answer, family_of, flow_of, hardware_address, said, segment, written

# Seconds, on a machine that is busy with other work.
PATIENCE = 20
LIBC = ctypes.CDLL(None, use_errno=True)
CLONE_NEWNET = 0x40000000
FAMILIES = {'ip': socket.AF_INET, 'ip6': socket.AF_INET6}
LEVEL = {socket.AF_INET: socket.SOL_IP, socket.AF_INET6: socket.IPPROTO_IPV6}
TRANSPARENT = {socket.AF_INET: 19, socket.AF_INET6: 75}
HEADER_INCLUDED = {socket.AF_INET: 3, socket.AF_INET6: 36}
SENTINEL = ('192.0.2.254', 9)


def enter(namespace):
    with open(f'/run/netns/{namespace}') as file:
        if LIBC.setns(file.fileno(), CLONE_NEWNET):
            raise OSError(ctypes.get_errno(), namespace)


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
            flow = flow_of(data)
            if flow:
                with contextlib.suppress(PermissionError):
                    self.datagrams.sendto(said(flow, 1), peer)


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
        made.sendto(said(packet['sport']), (destination, dport))
    else:
        head = bytes([8 if family == socket.AF_INET else 128, 0, 0, 0, 0, 0, 0, 1])
        made.sendto(head, (destination, 0))


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
                    back = answer(frame)
                    if back:
                        device.send(back)
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
                tell('O', ran.stdout)
                forget()
                for family in (1, 2, 10):
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
