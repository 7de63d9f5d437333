"""Gives a function to a host, once, however often it is asked for. Usage: assign.py ADDRESS FUNCTION HOST

The daemon is stepped, so time passes only when somebody lets it: here until the operation has ended."""

import sys

import mriov_client
import mriov_pb2 as api

address, function, host = sys.argv[1:4]
client = mriov_client.Client(address)

# A key makes it safe to send the same request again, after a lost connection for example.
key = "assign %s to %s" % (function, host)
try:
    operation = client.call("Assign", key=key, function=function, to=host).operation
except mriov_client.Refused as refused:
    sys.exit("%s; holder %s; %s" % (refused, refused.status.holder or "-", refused.status.hint))
again = client.call("Assign", key=key, function=function, to=host).operation
assert again.id == operation.id

while operation.state < api.Operation.SUCCEEDED:
    client.call("Advance", duration_ns=10000)
    operation = client.call("GetOperation", id=operation.id).operation
print("operation %d: %s %s: %s, took %d ns" % (
    operation.id, operation.method, operation.target, api.Operation.State.Name(operation.state),
    operation.ended_ns - operation.started_ns))
sys.exit(operation.state != api.Operation.SUCCEEDED)
