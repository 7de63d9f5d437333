"""Gives a function to a host, once, even if the request has to be sent again. Usage: assign.py ADDRESS FUNCTION HOST

The daemon is stepped, so time passes only when somebody lets it: here until the operation has ended."""

import sys
import uuid

import mriov_client
import mriov_pb2 as api

address, function, host = sys.argv[1:4]
client = mriov_client.Client(address)

# Who loses the connection before the answer does not know whether the daemon has got the request. With a key it is safe
# to send it again: it is done once, and answered as it was the first time. So a key is of one request, and every run of
# this script makes a new one; with the key of an earlier run it would have that one's old answer, and nothing would be
# done, even if the function was released since.
key = str(uuid.uuid4())
try:
    operation = client.call("Assign", key=key, function=function, to=host).operation
except mriov_client.Refused as refused:
    sys.exit("%s; holder %s; %s" % (refused, refused.status.holder or "-", refused.status.hint))
again = client.call("Assign", key=key, function=function, to=host).operation
assert again.id == operation.id

client.call("Advance", until_operation=operation.id)
operation = client.call("GetOperation", id=operation.id).operation
print("operation %d: %s %s: %s, took %d ns" % (
    operation.id, operation.method, operation.target, api.Operation.State.Name(operation.state),
    operation.ended_ns - operation.started_ns))
sys.exit(operation.state != api.Operation.SUCCEEDED)
