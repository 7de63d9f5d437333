"""Changes how many VFs a PF offers, in steps, and shows those that its host has. Usage: set_vfs.py ADDRESS PF COUNT

The host takes or gives back one VF after the other while it runs. One that a guest has is not taken from it."""

import sys

import mriov_client
import mriov_pb2 as api

address, pf, count = sys.argv[1], sys.argv[2], int(sys.argv[3])
client = mriov_client.Client(address)
try:
    operation = client.call("SetVfs", pf=pf, count=count).operation
except mriov_client.Refused as refused:
    sys.exit("%s; holder %s; %s" % (refused, refused.status.holder or "-", refused.status.hint))
while operation.state < api.Operation.SUCCEEDED:
    client.call("Advance", duration_ns=10000)
    operation = client.call("GetOperation", id=operation.id).operation
print("%s: %s, took %d ns" % (
    operation.target, api.Operation.State.Name(operation.state), operation.ended_ns - operation.started_ns))
for function in client.call("ListFunctions").functions:
    if function.name.startswith(pf + "."):
        print("%s: %s, at %s" % (function.name, function.owner, function.routing_id))
sys.exit(operation.state != api.Operation.SUCCEEDED)
