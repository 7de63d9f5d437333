#include "hostsim/interrupt.h"

#include <stddef.h>

static volatile sig_atomic_t raised;

static void on_signal(int number)
{
    (void)number;
    raised = 1;
}

static void catch (int number)
{
    struct sigaction action = {.sa_handler = on_signal, .sa_flags = SA_RESTART};
    sigemptyset(&action.sa_mask);
    sigaction(number, &action, NULL);
}

void interrupt_catch(void)
{
    struct sigaction hangup;
    catch (SIGINT);
    catch (SIGTERM);
    sigaction(SIGHUP, NULL, &hangup);
    if (hangup.sa_handler != SIG_IGN)
        catch (SIGHUP);
}

const volatile sig_atomic_t *interrupt_flag(void)
{
    return &raised;
}
