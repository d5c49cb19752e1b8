"""
An application for tests. Each side says which addresses it sees, so that it can be told whether anybody stood between.

app.py serve PORT...   answers HTTP requests on these ports: who asked, and where
app.py call URL...     asks these, prints a line of JSON for each: its own end of the connection, and the answer. For two
                       minutes it tries again where nobody answers: a server may start later than its client
app.py visit URL...    the same every second, for ever
"""
import http.client, http.server, json, os, signal, socketserver, sys, threading, time, urllib.parse


def main(action, *args):
    # The first process of a container has no default for it.
    signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
    if action == "serve":
        serve([int(port) for port in args])
    elif action == "visit":
        while True:
            show(args)
            time.sleep(1)
    else:
        show(args)


def show(urls):
    for url in urls:
        print(json.dumps(insist(url)), flush=True)


def insist(url):
    end = time.monotonic() + 120
    while True:
        try:
            return call(url)
        except (OSError, http.client.HTTPException):
            if time.monotonic() > end:
                raise
        time.sleep(1)


def serve(ports):
    for port in ports:
        threading.Thread(target=Server(("", port), Handler).serve_forever, daemon=True).start()
    print("serving", *ports, flush=True)
    signal.pause()


class Server(socketserver.ThreadingMixIn, http.server.HTTPServer):
    daemon_threads = True


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        seen = {"pod": os.environ.get("HOSTNAME"), "at": self.connection.getsockname(), "client": self.client_address}
        body = json.dumps(seen).encode()
        self.send_response(200)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


def call(url):
    parts = urllib.parse.urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname, parts.port or 80, timeout=10)
    connection.connect()
    own = connection.sock.getsockname()
    connection.request("GET", parts.path or "/")
    return {"own": own, "answer": json.load(connection.getresponse())}


main(*sys.argv[1:])
