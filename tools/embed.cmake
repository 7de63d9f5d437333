# Writes OUTPUT, the table of hostsim/validation/embedded.h, from the scenarios FILES (separated by ";").
# Usage: cmake -DOUTPUT=FILE "-DFILES=FILE;FILE..." -P embed.cmake
set(texts "")
set(entries "")
set(index 0)
foreach(path IN LISTS FILES)
    get_filename_component(name ${path} NAME_WE)
    file(READ ${path} bytes HEX)
    string(REGEX REPLACE "(..)" "0x\\1," bytes "${bytes}")
    string(APPEND texts "static const char text_${index}[] = {${bytes}0};\n")
    string(APPEND entries "    {\"${name}\", text_${index}, sizeof text_${index} - 1},\n")
    math(EXPR index "${index} + 1")
endforeach()
file(WRITE ${OUTPUT} "#include \"hostsim/validation/embedded.h\"\n\n${texts}\n"
    "const struct embedded_scenario embedded_scenarios[] = {\n${entries}};\n"
    "const size_t embedded_scenario_count = ${index};\n")
