"""Lists functions page by page, with who has them. Usage: list_functions.py ADDRESS [OWNER]"""

import sys

import mriov_client
import mriov_pb2 as api

client = mriov_client.Client(sys.argv[1])
owner = sys.argv[2] if len(sys.argv) > 2 else ""
token = ""
while True:
    page = client.call("ListFunctions", owner=owner, page_size=5, page_token=token)
    for function in page.functions:
        state = api.FunctionState.Kind.Name(function.actual).lower()
        print("%-14s %-8s %-9s %s" % (function.name, function.owner or "-", state, function.routing_id))
    token = page.next_page_token
    if not token:
        break
