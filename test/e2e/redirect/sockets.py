"""
Sockets in the network namespace that this program is started in, for the tests beside it: Node can neither read
SO_ORIGINAL_DST nor open sockets as several users. One JSON object per line comes in, one goes out; ends with its input.

Rules ask for the owner of a connection's socket: the effective user and group of whoever made it. So a change of those
around socket() does, and the program stays root for low ports and for ICMP.

A process either serves (`listen`) or connects (`connect`, `talk`, `finish`, `load`). A server greets with a line that says
what it sees of the connection, then sends back each line with its name in front. The server named `patient` does not
close when its client has said all.
"""
import contextlib, errno, json, os, select, selectors, signal, socket, struct, sys, time
import encodings.idna  # what Python would look for later, as a user who may not read its files

FAMILIES = {"v4": socket.AF_INET, "v6": socket.AF_INET6}
SO_ORIGINAL_DST = 80  # linux/netfilter_ipv4.h; IP6T_SO_ORIGINAL_DST is the same number
IP_PKTINFO = 8  # linux/in.h
RESET = struct.pack("ii", 1, 0)  # SO_LINGER: closing resets, no port is kept in TIME_WAIT
ERRORS = {errno.ECONNREFUSED: "refused", errno.ECONNRESET: "reset", errno.EPIPE: "reset", errno.ETIMEDOUT: "timeout"}


@contextlib.contextmanager
def acting(uid, gid, groups=()):
    os.setgroups(groups)
    os.setegid(gid)
    os.seteuid(uid)
    try:
        yield
    finally:
        os.seteuid(0)
        os.setegid(0)
        os.setgroups([])


def original_destination(connection):
    """Where the client wanted to go, [address, port]; None where connections are not tracked."""
    with contextlib.suppress(OSError):
        if connection.family == socket.AF_INET:
            data = connection.getsockopt(socket.SOL_IP, SO_ORIGINAL_DST, 16)
            return [socket.inet_ntop(socket.AF_INET, data[4:8]), int.from_bytes(data[2:4], "big")]
        data = connection.getsockopt(socket.IPPROTO_IPV6, SO_ORIGINAL_DST, 28)
        return [socket.inet_ntop(socket.AF_INET6, data[8:24]), int.from_bytes(data[2:4], "big")]
    return None


def place(address):
    return [address[0], address[1]]


# Serving


class Server:
    def __init__(self):
        self.selector = selectors.DefaultSelector()
        self.listeners = {}
        self.half_closed = []

    def listen(self, name, tcp=(), udp=(), uid=0, gid=0):
        """Exactly these ports are open afterwards, in both families."""
        wanted = {(name, kind, port) for kind, ports in (("tcp", tcp), ("udp", udp)) for port in ports}
        for key in self.listeners.keys() - wanted:
            for listener in self.listeners.pop(key):
                self.selector.unregister(listener)
                listener.close()
        for key in wanted - self.listeners.keys():
            self.listeners[key] = [self.opened(*key, uid, gid, family) for family in FAMILIES.values()]
        return {}

    def opened(self, name, kind, port, uid, gid, family):
        with acting(uid, gid):
            listener = socket.socket(family, socket.SOCK_STREAM if kind == "tcp" else socket.SOCK_DGRAM)
        listener.setblocking(False)
        if family == socket.AF_INET6:
            listener.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(("::" if family == socket.AF_INET6 else "0.0.0.0", port))
        if kind == "tcp":
            listener.listen(4096)
            handle = lambda: self.accept(listener, name, port)
        else:
            if family == socket.AF_INET6:
                listener.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_RECVPKTINFO, 1)
            else:
                listener.setsockopt(socket.IPPROTO_IP, IP_PKTINFO, 1)
            handle = lambda: self.answer(listener, name, port)
        self.selector.register(listener, selectors.EVENT_READ, handle)
        return listener

    def accept(self, listener, name, port):
        while True:
            try:
                connection, client = listener.accept()
            except OSError:
                return
            connection.setblocking(False)
            greeting = {"by": name, "at": port, "client": place(client), "original": original_destination(connection)}
            try:
                greeting["local"] = place(connection.getsockname())
                connection.send(json.dumps(greeting).encode() + b"\n")
            except OSError:
                connection.close()
                continue
            self.selector.register(connection, selectors.EVENT_READ, lambda held=connection: self.echo(held, name))

    def echo(self, connection, name):
        try:
            data = connection.recv(4096)
            if data:
                connection.send(name.encode() + b":" + data)
                return
            if name == "patient":
                self.selector.unregister(connection)
                self.half_closed.append(connection)
                return
        except OSError:
            pass
        self.selector.unregister(connection)
        connection.close()

    def answer(self, listener, name, port):
        _, [(level, kind, information)], _, client = listener.recvmsg(4096, 256)
        address = information[8:12] if level == socket.IPPROTO_IP else information[:16]
        local = [socket.inet_ntop(listener.family, address), port]
        greeting = {"by": name, "at": port, "client": place(client), "original": None, "local": local}
        # The answer has to come from where the question went: in_pktinfo and in6_pktinfo, no device named.
        answer_from = bytes(4) + address + bytes(4) if level == socket.IPPROTO_IP else address + bytes(4)
        with contextlib.suppress(OSError):
            listener.sendmsg([json.dumps(greeting).encode() + b"\n"], [(level, kind, answer_from)], 0, client)


# Connecting


class Client:
    def __init__(self):
        self.held = {}

    def connect(self, connections, seconds=3):
        """All at once; of each what its server said, or what went wrong. With `hold`, a name, it stays open."""
        attempts = [Attempt(each) for each in connections]
        deadline = time.monotonic() + seconds
        poll = select.poll()
        waiting = {}
        for attempt in attempts:
            if attempt.result is None:
                waiting[attempt.socket.fileno()] = attempt
                poll.register(attempt.socket, attempt.events())
        while waiting and time.monotonic() < deadline:
            for descriptor, _ in poll.poll(max(1, (deadline - time.monotonic()) * 1000)):
                attempt = waiting[descriptor]
                attempt.go_on()
                if attempt.result is None:
                    poll.modify(descriptor, attempt.events())
                else:
                    poll.unregister(descriptor)
                    del waiting[descriptor]
        for attempt in attempts:
            if attempt.result is None:
                attempt.result = {"error": "timeout"}
            if "hold" in attempt.order and "error" not in attempt.result:
                self.held[attempt.order["hold"]] = attempt.socket
            elif attempt.socket is not None:
                attempt.close()
        return {"results": [attempt.result for attempt in attempts]}

    def talk(self, names, seconds=3):
        """Sends a line on held connections; of each the line that comes back, or what went wrong."""
        results = []
        for name in names:
            connection = self.held[name]
            connection.settimeout(seconds)
            try:
                connection.sendall(b"hello\n")
                line = connection.recv(4096)
                results.append(line.decode().strip() if line else "closed")
            except TimeoutError:
                results.append("timeout")
            except OSError as error:
                results.append(ERRORS.get(error.errno, error.strerror))
        return {"results": results}

    def finish(self, name):
        """Ends one half of a held connection."""
        self.held[name].shutdown(socket.SHUT_WR)
        return {}

    def load(self, orders, count, seconds, concurrency):
        """`count` connections, evenly over `seconds`, to the places of `orders` in turn: how many ended how."""
        poll = select.epoll()
        poll.register(0, select.EPOLLHUP)
        waiting = {}
        ends = {}
        slowest = 0
        begun = time.monotonic()
        started = 0
        while started < count or waiting:
            now = time.monotonic()
            due = min(count, int((now - begun) / seconds * count) + 1)
            while started < due and len(waiting) < concurrency:
                attempt = Attempt(orders[started % len(orders)])
                attempt.since = now
                started += 1
                if attempt.result is not None:
                    tally(ends, attempt)
                    continue
                waiting[attempt.socket.fileno()] = attempt
                poll.register(attempt.socket, attempt.events())
            for descriptor, _ in poll.poll(0.002):
                if descriptor == 0:
                    os._exit(0)
                attempt = waiting[descriptor]
                attempt.go_on()
                if attempt.result is None:
                    poll.modify(descriptor, attempt.events())
                    continue
                slowest = max(slowest, time.monotonic() - attempt.since)
                poll.unregister(descriptor)
                del waiting[descriptor]
                tally(ends, attempt)
            for descriptor, attempt in list(waiting.items()):
                if now - attempt.since > 10:
                    del waiting[descriptor]
                    attempt.result = {"error": "timeout"}
                    tally(ends, attempt)
        return {"ends": ends, "seconds": time.monotonic() - begun, "slowest": slowest}


def tally(ends, attempt):
    result = attempt.result
    key = result.get("error") or f"{result['by']} {result['at']}"
    ends[key] = ends.get(key, 0) + 1
    attempt.close()


class Attempt:
    """One connection or question on its way: `result` stays None until it has an answer or an error."""

    def __init__(self, order):
        self.order = order
        self.result = None
        self.socket = None
        self.connected = False
        self.received = b""
        try:
            self.start()
        except BlockingIOError:
            pass
        except OSError as error:
            self.fail(error.errno)

    def start(self):
        order = self.order
        family = FAMILIES[order["family"]]
        protocol = order.get("protocol", "tcp")
        with acting(order.get("uid", 0), order.get("gid", 0), order.get("groups", [])):
            if protocol != "icmp":
                kind = socket.SOCK_STREAM if protocol == "tcp" else socket.SOCK_DGRAM
                self.socket = socket.socket(family, kind)
        if protocol == "icmp":
            number = socket.IPPROTO_ICMP if order["family"] == "v4" else socket.IPPROTO_ICMPV6
            self.socket = socket.socket(family, socket.SOCK_RAW, number)
        self.socket.setblocking(False)
        if protocol == "tcp":
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
        if "source" in order:
            self.socket.bind((order["source"], 0))
        self.socket.connect((order["to"], order.get("port", 0)))
        self.go_on()

    def events(self):
        return select.POLLIN if self.connected else select.POLLOUT

    def go_on(self):
        try:
            if not self.connected:
                error = self.socket.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
                if error != 0:
                    return self.fail(error)
                self.begin()
            self.read()
        except BlockingIOError:
            pass
        except OSError as error:
            self.fail(error.errno)

    def begin(self):
        self.connected = True
        protocol = self.order.get("protocol", "tcp")
        if protocol == "icmp":
            self.socket.send(echo_request(self.order["family"], self.mark()))
            return
        self.remote = place(self.socket.getpeername())
        self.local = place(self.socket.getsockname())
        if protocol == "udp":
            self.socket.send(b"hello\n")

    def read(self):
        data = self.socket.recv(4096)
        if self.order.get("protocol") == "icmp":
            # A raw socket gets all that comes from there, of IPv4 with its header.
            if self.mark() in data and data[20 if self.order["family"] == "v4" else 0] in (0, 129):
                self.result = {"by": "kernel", "at": 0}
            return
        self.received += data
        if self.received.endswith(b"\n"):
            self.result = {**json.loads(self.received), "from": self.local, "remote": self.remote}
        elif self.received == b"":
            self.result = {"error": "closed"}

    def mark(self):
        return b"weft-%08x" % id(self)

    def fail(self, number):
        self.result = {"error": ERRORS.get(number, os.strerror(number))}

    def close(self):
        if self.socket is not None:
            self.socket.close()


def echo_request(family, data):
    """Of IPv6 the kernel fills in the sum (RFC 3542, section 3.1)."""
    kind = 8 if family == "v4" else 128
    head = struct.pack("!BBHHH", kind, 0, 0, 1, 1)
    if family == "v6":
        return head + data
    words = head + data + b"\0" * (len(data) % 2)
    total = sum(struct.unpack(f"!{len(words) // 2}H", words))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return struct.pack("!BBHHH", kind, 0, ~total & 0xFFFF, 1, 1) + data


def main():
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    server, client = Server(), Client()
    commands = {
        "listen": server.listen,
        "connect": client.connect,
        "talk": client.talk,
        "finish": client.finish,
        "load": client.load,
        "ready": lambda: {},
    }
    pending = b""

    def order():
        nonlocal pending
        data = os.read(0, 1 << 16)
        if data == b"":
            # What was asked for nobody waits for any more.
            os._exit(0)
        *lines, pending = (pending + data).split(b"\n")
        for line in lines:
            message = json.loads(line)
            answer = commands[message.pop("do")](**message)
            sys.stdout.write(json.dumps(answer) + "\n")
            sys.stdout.flush()

    server.selector.register(0, selectors.EVENT_READ, order)
    while True:
        for key, _ in server.selector.select():
            # An earlier one of this round may have closed it.
            if key.fileobj in server.selector.get_map():
                key.data()


main()
