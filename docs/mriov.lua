-- The Wireshark dissector for traces of mriov (`mriov run SCENARIO --trace t.pcapng`).
--
--     tshark -r t.pcapng -X lua_script:docs/mriov.lua -Y 'mriov.vh == 1 && mriov.type == "MRd"'
--
-- Wireshark loads it from its folder of personal Lua plugins. A packet of link type USER0 is one TLP: prefixes, header,
-- payload, digest. Its hierarchy and virtual channel are its queue (epb_queue): VH number * 256 + channel. Headers are
-- those of the PCI Express base specification, 2.2; the MR prefix is this project's own (docs/model.md).

local mriov = Proto("mriov", "PCI Express TLP")

local yes_no = {[0] = "no", [1] = "yes"}
local statuses = {[0] = "SC", [1] = "UR", [2] = "CRS", [4] = "CA"}
local status_names = {
    [0] = "Successful Completion", [1] = "Unsupported Request", [2] = "Configuration Request Retry Status",
    [4] = "Completer Abort",
}
local routings = {
    [0] = "to the root complex", [1] = "by address", [2] = "by ID", [3] = "broadcast from the root complex",
    [4] = "local", [5] = "gathered to the root complex",
}

local f = {
    link = ProtoField.string("mriov.link", "Link"),
    vh = ProtoField.uint16("mriov.vh", "Virtual hierarchy"),
    vc = ProtoField.uint8("mriov.vc", "Virtual channel"),
    prefix = ProtoField.bytes("mriov.prefix", "TLP prefix"),
    prefix_vh = ProtoField.uint8("mriov.prefix.vh", "VH number on this link"),
    prefix_vl = ProtoField.uint8("mriov.prefix.vl", "Virtual link", base.DEC, nil, 0xe0),
    prefix_key = ProtoField.uint8("mriov.prefix.key", "Key"),
    type = ProtoField.string("mriov.type", "Type"),
    code = ProtoField.uint8("mriov.code", "Fmt and Type", base.HEX),
    tc = ProtoField.uint8("mriov.tc", "Traffic class", base.DEC, nil, 0x70),
    ido = ProtoField.uint8("mriov.attr.ido", "ID-based ordering", base.DEC, yes_no, 0x04),
    th = ProtoField.uint8("mriov.th", "Processing hints", base.DEC, yes_no, 0x01),
    td = ProtoField.uint8("mriov.td", "Digest", base.DEC, yes_no, 0x80),
    ep = ProtoField.uint8("mriov.ep", "Poisoned", base.DEC, yes_no, 0x40),
    ro = ProtoField.uint8("mriov.attr.ro", "Relaxed ordering", base.DEC, yes_no, 0x20),
    ns = ProtoField.uint8("mriov.attr.ns", "No snoop", base.DEC, yes_no, 0x10),
    at = ProtoField.uint8("mriov.at", "Address type", base.DEC, nil, 0x0c),
    length = ProtoField.uint16("mriov.length", "Length in DW"),
    requester = ProtoField.string("mriov.requester", "Requester"),
    requester_id = ProtoField.uint16("mriov.requester.id", "Requester ID", base.HEX),
    completer = ProtoField.string("mriov.completer", "Completer"),
    completer_id = ProtoField.uint16("mriov.completer.id", "Completer ID", base.HEX),
    target = ProtoField.string("mriov.target", "Target"),
    target_id = ProtoField.uint16("mriov.target.id", "Target ID", base.HEX),
    tag = ProtoField.uint16("mriov.tag", "Tag"),
    first_be = ProtoField.uint8("mriov.first_be", "Byte enables of the first DW", base.HEX, nil, 0x0f),
    last_be = ProtoField.uint8("mriov.last_be", "Byte enables of the last DW", base.HEX, nil, 0xf0),
    steering_tag = ProtoField.uint8("mriov.steering_tag", "Steering tag", base.HEX),
    address = ProtoField.uint64("mriov.address", "Address", base.HEX),
    register = ProtoField.uint16("mriov.register", "Register", base.HEX),
    message = ProtoField.string("mriov.message", "Message"),
    message_code = ProtoField.uint8("mriov.message.code", "Message code", base.HEX),
    routing = ProtoField.uint8("mriov.message.routing", "Routing", base.DEC, routings, 0x07),
    message_data = ProtoField.bytes("mriov.message.bytes", "Bytes 8 to 15"),
    status = ProtoField.string("mriov.status", "Status"),
    status_code = ProtoField.uint8("mriov.status.code", "Status code", base.DEC, status_names, 0xe0),
    bcm = ProtoField.uint8("mriov.bcm", "Byte count modified", base.DEC, yes_no, 0x10),
    byte_count = ProtoField.uint16("mriov.byte_count", "Bytes left to complete"),
    lower_address = ProtoField.uint8("mriov.lower_address", "Lower address", base.HEX, nil, 0x7f),
    payload = ProtoField.bytes("mriov.payload", "Payload"),
    payload_bytes = ProtoField.uint16("mriov.payload.bytes", "Payload bytes"),
    digest = ProtoField.uint32("mriov.digest", "Digest (ECRC)", base.HEX),
    request_in = ProtoField.framenum("mriov.request_in", "Request in", base.NONE, frametype.REQUEST),
    response_in = ProtoField.framenum("mriov.response_in", "Last completion in", base.NONE, frametype.RESPONSE),
    time = ProtoField.relative_time("mriov.time", "Time since the request"),
}
mriov.fields = f

local cut_short = ProtoExpert.new(
    "mriov.cut_short", "The TLP is cut short", expert.group.MALFORMED, expert.severity.ERROR)
local reserved = ProtoExpert.new(
    "mriov.reserved", "Reserved Fmt and Type", expert.group.UNDECODED, expert.severity.WARN)
local not_legal = ProtoExpert.new(
    "mriov.not_legal", "The model made a TLP that is not a legal one", expert.group.PROTOCOL, expert.severity.ERROR)
mriov.experts = {cut_short, reserved, not_legal}

local interface_name = Field.new("frame.interface_name")
local interface_queue = Field.new("frame.interface_queue")
local comments = Field.new("frame.comment")

local messages = {
    [0x00] = "Unlock", [0x01] = "Invalidate_Request", [0x02] = "Invalidate_Completion", [0x04] = "Page_Request",
    [0x05] = "PRG_Response", [0x10] = "LTR", [0x12] = "OBFF", [0x14] = "PM_Active_State_Nak", [0x18] = "PM_PME",
    [0x19] = "PME_Turn_Off", [0x1b] = "PME_TO_Ack", [0x20] = "Assert_INTA", [0x21] = "Assert_INTB",
    [0x22] = "Assert_INTC", [0x23] = "Assert_INTD", [0x24] = "Deassert_INTA", [0x25] = "Deassert_INTB",
    [0x26] = "Deassert_INTC", [0x27] = "Deassert_INTD", [0x30] = "ERR_COR", [0x31] = "ERR_NONFATAL",
    [0x33] = "ERR_FATAL", [0x50] = "Set_Slot_Power_Limit", [0x52] = "PTM_Request", [0x53] = "PTM_Response",
    [0x7e] = "Vendor_Defined_Type_0", [0x7f] = "Vendor_Defined_Type_1",
}

-- A routing ID as lspci writes it.
local function bdf(id)
    return string.format("%02x:%02x.%x", math.floor(id / 256), math.floor(id / 8) % 32, id % 8)
end

-- Adds the routing ID at RANGE as text and as a number, and answers the text.
local function add_id(tree, text_field, number_field, range)
    local text = bdf(range:uint())
    tree:add(text_field, range, text)
    tree:add(number_field, range):set_hidden()
    return text
end

local function bytes_of(length)
    return length == 1 and "1 DW" or string.format("%d DW", length)
end

-- Each of these shows the rest of a header, at TLP (a range from its first byte on), and says in SEEN what is of
-- interest to others: sender, receiver, text for the list of packets, and what completions are matched by.

local function show_requester(tlp, tree, seen)
    seen.requester = add_id(tree, f.requester, f.requester_id, tlp(4, 2))
    seen.sender = seen.requester
    tree:add(f.tag, tlp(6, 1), seen.tag)
end

local function show_byte_enables(tlp, tree)
    tree:add(f.first_be, tlp(7, 1))
    tree:add(f.last_be, tlp(7, 1))
end

local function show_address(tlp, tree, seen)
    local range = seen.four_dw and tlp(8, 8) or tlp(8, 4)
    local address = range:uint64():band(UInt64(0xfffffffc, 0xffffffff))
    tree:add(f.address, range, address)
    seen.receiver = "0x" .. address:tohex():gsub("^0+(.)", "%1")
    seen.text = string.format("%s %s", seen.receiver, bytes_of(seen.length))
end

local function show_memory(tlp, tree, seen)
    show_requester(tlp, tree, seen)
    if seen.hints and seen.type ~= "MWr" then
        tree:add(f.steering_tag, tlp(7, 1)) -- all bytes are enabled
    else
        show_byte_enables(tlp, tree)
    end
    show_address(tlp, tree, seen)
end

local function show_atomic(tlp, tree, seen)
    show_requester(tlp, tree, seen)
    if seen.hints then
        tree:add(f.steering_tag, tlp(7, 1))
    end
    show_address(tlp, tree, seen)
end

local function show_io(tlp, tree, seen)
    show_requester(tlp, tree, seen)
    show_byte_enables(tlp, tree)
    show_address(tlp, tree, seen)
end

local function show_configuration(tlp, tree, seen)
    show_requester(tlp, tree, seen)
    show_byte_enables(tlp, tree)
    seen.receiver = add_id(tree, f.target, f.target_id, tlp(8, 2))
    local register = tlp(10, 2):bitfield(4, 12)
    tree:add(f.register, tlp(10, 2), register)
    seen.text = string.format("register 0x%03x", register)
end

local function show_message(tlp, tree, seen)
    show_requester(tlp, tree, seen)
    local code, routing = tlp(7, 1):uint(), tlp(0, 1):bitfield(5, 3)
    local name = messages[code] or string.format("message 0x%02x", code)
    tree:add(f.message, tlp(7, 1), name)
    tree:add(f.message_code, tlp(7, 1))
    tree:add(f.routing, tlp(0, 1))
    seen.receiver = routings[routing] or "nowhere"
    if routing == 1 then
        show_address(tlp, tree, seen)
    elseif routing == 2 then
        seen.receiver = add_id(tree, f.target, f.target_id, tlp(8, 2))
    end
    tree:add(f.message_data, tlp(8, 8))
    seen.text = string.format("%s %s", name, routings[routing] or string.format("routing %d", routing))
end

local function show_completion(tlp, tree, seen)
    local code, count = tlp(6, 1):bitfield(0, 3), tlp(6, 2):bitfield(4, 12)
    local status = statuses[code] or string.format("status %d", code)
    seen.byte_count = count == 0 and 4096 or count
    seen.sender = add_id(tree, f.completer, f.completer_id, tlp(4, 2))
    tree:add(f.status, tlp(6, 1), status)
    tree:add(f.status_code, tlp(6, 1))
    tree:add(f.bcm, tlp(6, 1))
    tree:add(f.byte_count, tlp(6, 2), seen.byte_count)
    seen.requester = add_id(tree, f.requester, f.requester_id, tlp(8, 2))
    seen.receiver = seen.requester
    tree:add(f.tag, tlp(10, 1), seen.tag)
    tree:add(f.lower_address, tlp(11, 1))
    seen.lower_address = tlp(11, 1):bitfield(1, 7)
    seen.text = string.format("%s for %s, %d bytes left", status, seen.requester, seen.byte_count)
end

-- Of Type (bits 4:0 of the first byte): names without and with data, how the rest of the header is shown, and its DWs
-- where not both 3 and 4 may be.
local types = {
    [0x00] = {"MRd", "MWr", show_memory},
    [0x01] = {"MRdLk", nil, show_memory},
    [0x02] = {"IORd", "IOWr", show_io, 3},
    [0x04] = {"CfgRd0", "CfgWr0", show_configuration, 3},
    [0x05] = {"CfgRd1", "CfgWr1", show_configuration, 3},
    [0x0a] = {"Cpl", "CplD", show_completion, 3},
    [0x0b] = {"CplLk", "CplDLk", show_completion, 3},
    [0x0c] = {nil, "FetchAdd", show_atomic},
    [0x0d] = {nil, "Swap", show_atomic},
    [0x0e] = {nil, "CAS", show_atomic},
    [0x1b] = {nil, "DMWr", show_memory},
}
for routing = 0, 7 do
    types[0x10 + routing] = {"Msg", "MsgD", show_message, 4}
end

local posted = {MWr = true, Msg = true, MsgD = true}
local without_length = {Msg = true, Cpl = true, CplLk = true}

-- Completions of a request come back over the other direction of the same link: by link, VH, requester and tag.
local open_requests, requests, completions

function mriov.init()
    open_requests, requests, completions = {}, {}, {}
end

local function remember(pinfo, seen)
    local key = table.concat({seen.link or "", seen.vh or "", seen.requester, seen.tag}, "/")
    if seen.byte_count then
        local request = open_requests[key]
        if not request then
            return
        end
        completions[pinfo.number] = request
        local bytes = (seen.has_data and seen.length * 4 or 0) - seen.lower_address % 4
        if not seen.has_data or bytes >= seen.byte_count then
            request.answered_in = pinfo.number
            open_requests[key] = nil
        end
    elseif not posted[seen.type] then
        local request = {number = pinfo.number, time = pinfo.abs_ts}
        open_requests[key] = request
        requests[pinfo.number] = request
    end
end

local function show_match(pinfo, tree)
    local request, asked = requests[pinfo.number], completions[pinfo.number]
    if request and request.answered_in then
        tree:add(f.response_in, request.answered_in):set_generated()
    end
    if asked then
        tree:add(f.request_in, asked.number):set_generated()
        -- Whole nanoseconds: that is what there is of the trace's picoseconds here.
        local ns = math.floor((pinfo.abs_ts - asked.time) * 1e9 + 0.5)
        tree:add(f.time, NSTime(math.floor(ns / 1e9), ns % 1e9)):set_generated()
    end
end

-- What the capture says of the packet beside its bytes.
local function show_place(tree, seen)
    local name, queue = interface_name(), interface_queue()
    if name then
        seen.direction = name.value
        seen.link = seen.direction:gsub(" %a+$", "")
        tree:add(f.link, seen.direction):set_generated()
    end
    if queue then
        seen.vh = math.floor(queue.value / 256)
        tree:add(f.vh, seen.vh):set_generated()
        tree:add(f.vc, queue.value % 256):set_generated()
    end
    for _, comment in ipairs({comments()}) do
        seen.whole_tag = seen.whole_tag or tonumber(comment.value:match("^tag (%d+)"))
        seen.refusal = seen.refusal or comment.value:match("^not a legal TLP: (.*)")
    end
end

-- Shows the prefixes; answers where the header begins, or nil when the bytes end before.
local function show_prefixes(tvb, tree, seen)
    local at = 0
    while tvb:len() >= at + 4 and tvb(at, 1):bitfield(0, 3) == 4 do
        local prefix = tvb(at, 4)
        local subtree = tree:add(f.prefix, prefix)
        if prefix(0, 1):uint() == 0x80 then
            subtree:append_text(" (MR)")
            subtree:add(f.prefix_vh, prefix(1, 1))
            subtree:add(f.prefix_vl, prefix(2, 1))
            subtree:add(f.prefix_key, prefix(3, 1))
            if not seen.vh then
                seen.vh = prefix(1, 1):uint()
                tree:add(f.vh, prefix(1, 1), seen.vh)
            end
        end
        at = at + 4
    end
    return tvb:len() >= at + 12 and at or nil
end

local function show_first_dw(tlp, tree, seen)
    for _, field in ipairs({"tc", "ido", "th"}) do
        tree:add(f[field], tlp(1, 1))
    end
    for _, field in ipairs({"td", "ep", "ro", "ns", "at"}) do
        tree:add(f[field], tlp(2, 1))
    end
    seen.hints = tlp(1, 1):bitfield(7, 1) == 1
    local length = tlp(2, 2):bitfield(6, 10)
    if without_length[seen.type] then
        seen.length = 0
    else
        seen.length = length == 0 and 1024 or length
        tree:add(f.length, tlp(2, 2), seen.length)
    end
    local low = tlp(seen.is_completion and 10 or 6, 1):uint()
    seen.tag = seen.whole_tag or tlp(1, 1):bitfield(0, 1) * 512 + tlp(1, 1):bitfield(4, 1) * 256 + low
end

-- What follows the header, as far as it was captured.
local function show_payload(tvb, at, tree, seen)
    local bytes = seen.has_data and seen.length * 4 or 0
    if bytes > 0 then
        local there = math.min(bytes, tvb:len() - at)
        tree:add(f.payload_bytes, bytes):set_generated()
        if there > 0 then
            tree:add(f.payload, tvb(at, there))
        end
        at = at + bytes
    end
    if seen.digest and tvb:len() >= at + 4 then
        tree:add(f.digest, tvb(at, 4))
    end
end

local function show_header(tvb, at, tree, seen)
    local tlp = tvb(at)
    local format, code = tlp(0, 1):bitfield(0, 3), tlp(0, 1):bitfield(3, 5)
    local entry = types[code]
    seen.has_data, seen.four_dw = format == 2 or format == 3, format % 2 == 1
    local header_dw = seen.four_dw and 4 or 3
    if entry and format < 4 and (entry[4] or header_dw) == header_dw then
        seen.type = entry[seen.has_data and 2 or 1]
    end
    if not seen.type then
        tree:add(f.code, tlp(0, 1))
        tree:add_proto_expert_info(reserved)
        seen.type = string.format("0x%02x?", tlp(0, 1):uint())
        return
    end
    if tlp:len() < 4 * header_dw then
        tree:add_proto_expert_info(cut_short)
        return
    end
    seen.is_completion = entry[3] == show_completion
    seen.digest = tlp(2, 1):bitfield(0, 1) == 1
    tree:add(f.type, tlp(0, 1), seen.type)
    tree:add(f.code, tlp(0, 1))
    show_first_dw(tlp, tree, seen)
    entry[3](tlp, tree, seen)
    show_payload(tvb, at + 4 * header_dw, tree, seen)
end

local function show_columns(pinfo, seen)
    pinfo.cols.protocol = "TLP"
    if seen.sender then
        pinfo.cols.src = seen.sender
        pinfo.cols.dst = seen.receiver
    end
    local words = {}
    if seen.direction then
        table.insert(words, seen.direction .. ":")
    end
    if seen.vh then
        table.insert(words, "VH " .. seen.vh)
    end
    table.insert(words, seen.type or "?")
    if seen.tag and not posted[seen.type] then
        table.insert(words, "tag " .. seen.tag)
    end
    table.insert(words, seen.text)
    table.insert(words, seen.refusal)
    pinfo.cols.info = table.concat(words, " ")
end

function mriov.dissector(tvb, pinfo, root)
    local seen = {}
    local tree = tvb:len() > 0 and root:add(mriov, tvb()) or root:add(mriov)
    show_place(tree, seen)
    if seen.refusal then
        tree:add_proto_expert_info(not_legal, seen.refusal)
        show_columns(pinfo, seen)
        return
    end
    local at = show_prefixes(tvb, tree, seen)
    if at then
        show_header(tvb, at, tree, seen)
    else
        tree:add_proto_expert_info(cut_short)
    end
    if seen.text then
        if not pinfo.visited then
            remember(pinfo, seen)
        end
        show_match(pinfo, tree)
        tree:append_text(string.format(", %s, %s", seen.type, seen.text))
    end
    show_columns(pinfo, seen)
end

DissectorTable.get("wtap_encap"):add(wtap.USER0, mriov)
