"""Real sockets under real users, in the namespace in which this is started: one JSON line asks, one answers.

Every request is done by a child with the user and group that it names: `listen` stays until the standard input ends,
`call` tells the hops of one connection, `ask` sends one question to a DNS server.
A listener tells a caller where the caller has come out; as a relay it then calls on, and adds what the next one told.
Python, since Node can make no transparent socket and can't ask for a connection's original destination.
"""

import json
import os
import random
import select
import signal
import socket
import struct
import sys

PATIENCE = 2
ORIGINAL_DESTINATION = 80
TRANSPARENT = {socket.AF_INET: (socket.SOL_IP, 19), socket.AF_INET6: (socket.IPPROTO_IPV6, 75)}


def family_of(host):
    return socket.AF_INET6 if ':' in host else socket.AF_INET


def place(address):
    host, port = address[0], address[1]
    return f'[{host}]:{port}' if ':' in host else f'{host}:{port}'


def become(uid, gid):
    """For good, but for the saved user: a transparent socket takes a capability, and not only when it is made."""
    os.setgroups([])
    os.setresgid(gid, gid, gid)
    os.setresuid(uid, uid, 0)


def make(host, kind, transparent=False, mark=0):
    """A socket of the present user; what takes a capability is done to it as root."""
    made = socket.socket(family_of(host), kind)
    made.settimeout(PATIENCE)
    if transparent or mark:
        uid = os.geteuid()
        os.seteuid(0)
        if transparent:
            made.setsockopt(*TRANSPARENT[made.family], 1)
        if mark:
            made.setsockopt(socket.SOL_SOCKET, socket.SO_MARK, mark)
        os.seteuid(uid)
    return made


def original_destination(connection):
    """Where the caller wanted to go, as the connection tracking knows it: what a proxy asks after a REDIRECT."""
    old = connection.family == socket.AF_INET
    try:
        raw = connection.getsockopt(socket.SOL_IP if old else socket.IPPROTO_IPV6, ORIGINAL_DESTINATION, 16 if old else 28)
    except OSError:
        return connection.getsockname()[:2]  # Nobody tracks connections in a namespace without rules.
    return socket.inet_ntop(connection.family, raw[4:8] if old else raw[8:24]), struct.unpack('!H', raw[2:4])[0]


def call(to, source=None, transparent=False, mark=0, data=b'', udp=False):
    """The hops of one connection; one hop that names the error where there is none."""
    with make(to[0], socket.SOCK_DGRAM if udp else socket.SOCK_STREAM, transparent, mark) as made:
        try:
            if source:
                made.bind(tuple(source))
            made.connect(tuple(to))
            if udp:
                made.send(b'?')
                return json.loads(made.recv(65536))
            text = b''.join(iter(lambda: made.recv(65536), b''))
            return json.loads(text)
        except OSError as error:
            return [{'at': 'nowhere', 'error': type(error).__name__}]


def answer(connection, peer, at, relay):
    """Tells the caller where it is. A relay calls the destination first, or another one that stands for it."""
    to = original_destination(connection)
    hops = [{'at': at, 'to': place(to), 'arrived': place(connection.getsockname()), 'from': peer[0]}]
    if relay:
        target = relay.get('routes', {}).get(place(to), [to[0], to[1]])
        source = relay.get('source')
        hops += call(target, [peer[0] if source == 'peer' else source, 0] if source else None, relay.get('transparent', False), relay.get('mark', 0))
    connection.sendall(json.dumps(hops).encode())


def listen(request, ready, ended):
    host, port, at, relay = request['host'], request['port'], request['at'], request.get('relay')
    transparent = bool(relay and relay.get('transparent'))
    with make(host, socket.SOCK_STREAM, transparent) as stream, make(host, socket.SOCK_DGRAM) as datagrams:
        for made in (stream, datagrams):
            made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            if made.family == socket.AF_INET6:
                made.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
            made.bind((host, port))
        stream.listen(64)
        ready('listening')
        while True:
            readable, _, _ = select.select([stream, datagrams, ended], [], [])
            if ended in readable:
                return
            if datagrams in readable:
                _, peer = datagrams.recvfrom(65536)
                datagrams.sendto(json.dumps([{'at': at, 'from': peer[0]}]).encode(), peer)
            if stream in readable:
                connection, peer = stream.accept()
                with connection:
                    try:
                        answer(connection, peer, at, relay)
                    except OSError:
                        pass  # The caller has gone: it says so itself.


def ask(request):
    """One DNS question. Tells the address in the answer, and who sent it; the socket is not connected, so anybody may."""
    host, port = request['to']
    name, record = request['name'], {socket.AF_INET: 1, socket.AF_INET6: 28}[family_of(host)]
    number = random.randrange(65536)
    labels = b''.join(bytes([len(label)]) + label.encode() for label in name.split('.'))
    question = struct.pack('!6H', number, 0x100, 1, 0, 0, 0) + labels + struct.pack('!B2H', 0, record, 1)
    udp = request['protocol'] == 'udp'
    with make(host, socket.SOCK_DGRAM if udp else socket.SOCK_STREAM) as made:
        try:
            if request.get('source'):
                made.bind(tuple(request['source']))
            if udp:
                made.sendto(question, (host, port))
                reply, sender = made.recvfrom(65536)
            else:
                made.connect((host, port))
                made.sendall(struct.pack('!H', len(question)) + question)
                head = made.recv(2, socket.MSG_WAITALL)
                if len(head) < 2:
                    return {'error': 'closed'}
                size = struct.unpack('!H', head)[0]
                reply, sender = made.recv(size, socket.MSG_WAITALL), made.getpeername()
        except OSError as error:
            return {'error': type(error).__name__}
    if reply[:2] != question[:2] or reply[6:8] == b'\0\0':
        return {'error': 'no answer in the reply'}
    size = 4 if record == 1 else 16
    return {'address': socket.inet_ntop(family_of(host), reply[len(question) + 12 : len(question) + 12 + size]), 'from': place(sender)}


def child(request, reply, ended):
    def say(result):
        os.write(reply, (json.dumps(result) + '\n').encode())

    become(*request['as'])
    if request['do'] == 'listen':
        listen(request, say, ended)
    elif request['do'] == 'call':
        say(call(request['to'], request.get('source'), udp=request.get('protocol') == 'udp'))
    else:
        say(ask(request))


def main():
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    # Its writing end closes with this process, however that ends, and the listeners with it.
    ended, alive = os.pipe()
    for line in sys.stdin:
        request = json.loads(line)
        result, reply = os.pipe()
        if os.fork() == 0:
            os.close(alive)
            os.close(result)
            sys.stdin.close()
            try:
                child(request, reply, ended)
            except BaseException as error:
                os.write(reply, (json.dumps({'failed': repr(error)}) + '\n').encode())
            os._exit(0)
        os.close(reply)
        with os.fdopen(result) as text:
            print(text.readline().strip(), flush=True)


main()
