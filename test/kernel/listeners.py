"""Listeners and callers in two network namespaces, each as a user of its own.

On standard input a line of JSON with listeners; then, behind "ready", a line with calls. Prints what each call got:
"15001>4140>80." names each listener that passed it on, and the one that answered.
"""

import ctypes
import json
import os
import socket
import struct
import sys
import threading

LIBC = ctypes.CDLL(None, use_errno=True)
CLONE_NEWNET = 0x40000000
SO_ORIGINAL_DST = 80
# A loop goes round as long as nobody stops it.
MOST = 12
PATIENCE = 2


def enter(path):
    """Makes the network namespace of a path that of this process."""
    if path is not None:
        handle = os.open(path, os.O_RDONLY)
        if LIBC.setns(handle, CLONE_NEWNET) != 0:
            raise OSError(ctypes.get_errno(), "setns")
        os.close(handle)


def become(one, paths):
    enter(paths[one["where"]])
    os.setgroups([])
    os.setgid(one["gid"])
    os.setuid(one["uid"])


def opened(one):
    """A socket that listens as it is said: for IPv4, for IPv6 alone, or for both."""
    families = one["families"]
    listener = socket.socket(socket.AF_INET if families == "4" else socket.AF_INET6, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if families != "4":
        listener.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1 if families == "6" else 0)
    listener.bind((one.get("address") or ("0.0.0.0" if families == "4" else "::"), one["port"]))
    listener.listen(64)
    return listener


def original(connection, families):
    """Where the caller wanted to go, as conntrack knows it."""
    mapped = families == "46" and connection.getpeername()[0].startswith("::ffff:")
    if families == "4" or mapped:
        data = connection.getsockopt(socket.SOL_IP, SO_ORIGINAL_DST, 16)
        port, address = struct.unpack("!2xH4s8x", data)
        return socket.AF_INET, (socket.inet_ntop(socket.AF_INET, address), port)
    data = connection.getsockopt(socket.IPPROTO_IPV6, SO_ORIGINAL_DST, 28)
    port, address = struct.unpack("!2xH4x16s4x", data)
    return socket.AF_INET6, (socket.inet_ntop(socket.AF_INET6, address), port)


def called(family, address):
    """What somebody who connects is told."""
    with socket.socket(family, socket.SOCK_STREAM) as caller:
        caller.settimeout(PATIENCE)
        try:
            caller.connect(address)
            parts = []
            while True:
                part = caller.recv(4096)
                if not part:
                    return b"".join(parts).decode()
                parts.append(part)
        except ConnectionRefusedError:
            return "refused"
        except TimeoutError:
            return "timeout"
        except OSError as error:
            return f"error {error.errno}"


def answer(connection, one, count):
    with connection:
        text = f"{one['port']}."
        if one["forwards"]:
            family, address = original(connection, one["families"])
            # Without a translation it was called itself.
            if address[1] != one["port"]:
                count[0] += 1
                text = f"{one['port']}>" + ("LOOP" if count[0] > MOST else called(family, address))
                count[0] -= 1
        connection.sendall(text.encode())


def serve(one, paths, ready):
    become(one, paths)
    listener = opened(one)
    os.write(ready, b"1")
    count = [0]
    while True:
        connection, _ = listener.accept()
        threading.Thread(target=answer, args=(connection, one, count), daemon=True).start()


def call(one, paths):
    """One call, in a process of its own, for the ids of a socket are those of its process."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        become(one, paths)
        family = socket.AF_INET6 if ":" in one["to"] else socket.AF_INET
        os.write(writing, called(family, (one["to"], one["port"])).encode())
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading) as got:
        text = got.read()
    os.waitpid(child, 0)
    return text


def main():
    paths = {"pod": None, "client": sys.argv[1]}
    listeners = json.loads(sys.stdin.readline())
    reading, writing = os.pipe()
    children = []
    for one in listeners:
        child = os.fork()
        if child == 0:
            serve(one, paths, writing)
        children.append(child)
    for _ in listeners:
        os.read(reading, 1)
    print("ready", flush=True)
    calls = json.loads(sys.stdin.readline())
    print(json.dumps([call(one, paths) for one in calls]), flush=True)
    for child in children:
        os.kill(child, 9)


main()
