#!/usr/bin/python3 -IS
"""
Stands in for linkerd2-proxy: takes the pod's redirected connections, opens each again to where it was going, counts it.
No TLS, no identity, no control plane. It is configured by the variables that the injected container has, and is ready only
when it has found there all that the real one needs to start.
"""
import asyncio, collections, contextlib, errno, json, os, signal, socket, sys, time

SO_ORIGINAL_DST = 80  # linux/netfilter_ipv4.h
PREFIX = "LINKERD2_PROXY_"

opened = collections.Counter()
started = time.time()
end = None


async def main():
    global end
    end = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, end.set)
    await serve("ADMIN_LISTEN_ADDR", admin)
    await serve("INBOUND_LISTEN_ADDR", lambda *streams: forward("inbound", *streams))
    await serve("OUTBOUND_LISTEN_ADDRS", lambda *streams: forward("outbound", *streams))
    log("serving", uid=os.getuid(), missing=missing())
    await end.wait()
    log("ended", opened=sum(opened.values()))


async def serve(name, handle):
    for address in os.environ[PREFIX + name].split(","):
        host, port = address.rsplit(":", 1)
        await asyncio.start_server(handle, host.strip("[]"), int(port))


def missing():
    """What the real proxy would not start without (contract 6.3)."""
    found = []
    environment = {name: os.environ.get(PREFIX + name, "") for name in (
        "IDENTITY_DIR", "IDENTITY_TOKEN_FILE", "IDENTITY_TRUST_ANCHORS", "IDENTITY_LOCAL_NAME", "IDENTITY_SVC_ADDR",
        "DESTINATION_SVC_ADDR", "POLICY_SVC_ADDR", "POLICY_WORKLOAD", "INBOUND_IPS")}
    found += [f"{name} is {text!r}" for name, text in environment.items() if text == "" or "$(" in text]
    if "-----BEGIN CERTIFICATE-----" not in environment["IDENTITY_TRUST_ANCHORS"]:
        found.append("IDENTITY_TRUST_ANCHORS is not PEM")
    try:
        with open(environment["IDENTITY_TOKEN_FILE"]) as token:
            if token.read().count(".") != 2:
                found.append("the token is not a JWT")
        probe = os.path.join(environment["IDENTITY_DIR"], "probe")
        with open(probe, "w") as written:
            written.write("key")
        os.unlink(probe)
    except OSError as error:
        found.append(str(error))
    return found


# Forwarding


async def forward(direction, reader, writer):
    inner = writer.get_extra_info("socket")
    try:
        target = original_destination(inner)
        if target == writer.get_extra_info("sockname")[:2]:
            raise OSError(errno.ELOOP, "sent to the proxy itself")
        onward = await asyncio.open_connection(*target)
    except OSError as error:
        log("failed", direction=direction, why=str(error))
        writer.transport.abort()
        return
    opened[direction, target] += 1
    log("open", direction=direction, client=writer.get_extra_info("peername")[:2], target=target,
        local=onward[1].get_extra_info("sockname")[:2])
    try:
        await asyncio.gather(copy(reader, onward[1]), copy(onward[0], writer))
    except OSError:
        pass
    for each in (writer, onward[1]):
        each.close()
        with contextlib.suppress(OSError):
            await each.wait_closed()


def original_destination(connection):
    if connection.family == socket.AF_INET6 and "." not in connection.getsockname()[0]:
        data = connection.getsockopt(socket.IPPROTO_IPV6, SO_ORIGINAL_DST, 28)
        return socket.inet_ntop(socket.AF_INET6, data[8:24]), int.from_bytes(data[2:4], "big")
    data = connection.getsockopt(socket.SOL_IP, SO_ORIGINAL_DST, 16)
    return socket.inet_ntop(socket.AF_INET, data[4:8]), int.from_bytes(data[2:4], "big")


async def copy(source, sink):
    while data := await source.read(65536):
        sink.write(data)
        await sink.drain()
    if sink.can_write_eof():
        sink.write_eof()


# The admin port


async def admin(reader, writer):
    method, path, *_ = (await reader.readline()).decode().split(" ") + ["", ""]
    while (await reader.readline()).strip():
        pass
    status, text = answer(method, path)
    body = text.encode()
    writer.write(f"HTTP/1.1 {status}\r\ncontent-length: {len(body)}\r\nconnection: close\r\n\r\n".encode() + body)
    writer.close()


def answer(method, path):
    if path == "/live":
        return "200 OK", "live\n"
    if path == "/ready":
        faults = missing()
        return ("503 Service Unavailable", "\n".join(faults)) if faults else ("200 OK", "ready\n")
    if path == "/metrics":
        return "200 OK", "".join(metrics())
    if path == "/shutdown" and os.environ.get(PREFIX + "SHUTDOWN_ENDPOINT_ENABLED") == "true":
        if method != "POST":
            return "405 Method Not Allowed", ""
        end.set()
        return "200 OK", "shutdown\n"
    return "404 Not Found", ""


def metrics():
    """In the real proxy's words: of what it passes on nothing is secured."""
    yield f"# TYPE process_start_time_seconds gauge\nprocess_start_time_seconds {started:.0f}\n"
    yield f"# TYPE process_uptime_seconds_total counter\nprocess_uptime_seconds_total {time.time() - started:.3f}\n"
    yield "# TYPE tcp_open_total counter\n"
    for (direction, (ip, port)), count in opened.items():
        target = f'target_addr="{ip}:{port}",target_ip="{ip}",target_port="{port}"'
        plain = f'{target},tls="no_identity",no_tls_reason="no_tls_from_remote"'
        inside = f'{target},tls="no_identity",no_tls_reason="loopback"'
        unknown = f'{target},tls="no_identity",no_tls_reason="not_provided_by_service_discovery"'
        caller = plain if direction == "inbound" else inside
        yield f'tcp_open_total{{direction="{direction}",peer="src",{caller}}} {count}\n'
        if direction == "outbound":
            yield f'tcp_open_total{{direction="outbound",peer="dst",{unknown}}} {count}\n'
        else:
            yield f'inbound_tcp_authz_allow_total{{{plain}}} {count}\n'


def log(event, **fields):
    print(json.dumps({"event": event, **fields}), file=sys.stderr, flush=True)


asyncio.run(main())
