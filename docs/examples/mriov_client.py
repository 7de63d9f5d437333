"""A client of mriovd in 60 lines: python3-protobuf, and the module that protoc makes of proto/mriov.proto.

    protoc --python_out=. -I proto proto/mriov.proto      makes mriov_pb2.py
    client = Client("unix:/run/mriovd.sock")
    clock = client.call("GetClock")
"""

import itertools
import socket

import mriov_pb2 as api


class Refused(Exception):
    """The daemon said no: .status has code, message, holder, generation and hint."""

    def __init__(self, method, status):
        code = api.Status.Code.Name(status.code)
        super().__init__("%s: %s: %s" % (method, code, status.message))
        self.status = status


class Client:
    def __init__(self, address):
        assert address.startswith("unix:"), "TCP needs TLS: wrap a socket of your own with ssl.SSLContext"
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.connect(address[len("unix:"):])
        self.stream = self.socket.makefile("rb")
        self.ids = itertools.count(1)

    def send(self, method, key="", deadline_ms=0, **fields):
        """Sends a request; answers its id."""
        payload = getattr(api, method + "Request")(**fields).SerializeToString()
        request = api.Request(
            id=next(self.ids), method=method, payload=payload, request_key=key, deadline_ms=deadline_ms)
        message = request.SerializeToString()
        length, head = len(message), b""
        while length > 0x7F:  # a varint: 7 bits a byte, the lowest first
            head += bytes([length & 0x7F | 0x80])
            length >>= 7
        self.socket.sendall(head + bytes([length]) + message)
        return request.id

    def receive(self):
        """The next answer, to whatever."""
        length = shift = 0
        while True:
            byte = self.stream.read(1)
            if not byte:
                raise ConnectionError("the daemon has closed the connection")
            length |= (byte[0] & 0x7F) << shift
            shift += 7
            if byte[0] < 0x80:
                return api.Response.FromString(self.stream.read(length))

    def answers(self, method, request_id):
        """The answers to one request, of a stream as they come; those to others are passed over."""
        more = True
        while more:
            response = self.receive()
            if response.id != request_id:
                continue
            if response.status.code != api.Status.OK:
                raise Refused(method, response.status)
            more = response.more
            yield getattr(api, method + "Response").FromString(response.payload)

    def call(self, method, **fields):
        """Sends a request and waits for its last answer."""
        *_, last = self.answers(method, self.send(method, **fields))
        return last
