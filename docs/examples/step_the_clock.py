"""Lists who has what, steps simulated time, and reads figures. Usage: step_the_clock.py ADDRESS"""

import json
import sys

import mriov_client
import mriov_pb2 as api

client = mriov_client.Client(sys.argv[1])
hello = client.call("Hello")
print("mriovd %s runs `%s`; I am %s" % (hello.version, hello.scenario, hello.identity))

for function in client.call("ListFunctions", state="assigned").functions:
    print("%s is %s's, at %s in hierarchy %d" % (function.name, function.owner, function.routing_id, function.vh))

end_ns = client.call("GetClock").end_ns
for step in range(4):
    clock = client.call("Advance", duration_ns=end_ns // 4).clock
    flow = client.call("GetStatistics").flows[0]
    print("%d ns: %s has completed %d operations" % (clock.now_ns, flow.name, flow.operations))

results = json.loads(b"".join(
    part.results for part in client.answers("GetResults", client.send("GetResults"))))
print("goodput of the first flow: %.1f Gb/s" % results["flows"][0]["goodput_gbps"])

try:
    client.call("ListFunctions", owner="nobody-here")
except mriov_client.Refused as refused:
    assert refused.status.code == api.Status.NOT_FOUND
    print(refused)
