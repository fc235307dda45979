/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A test program that crashes writes its stack to standard error, which Meson
 * keeps: a crash that comes once in a thousand runs is not seen twice. The
 * sanitizers have handlers of their own. */
#include <execinfo.h>
#include <glib.h>
#include <signal.h>
#include <unistd.h>

#ifndef __SANITIZE_ADDRESS__

static void
on_crash (int signal_number)
{
  void *frames[64];

  backtrace_symbols_fd (frames, backtrace (frames, G_N_ELEMENTS (frames)),
                        STDERR_FILENO);
  raise (signal_number);
}

__attribute__ ((constructor)) static void
catch_crashes (void)
{
  const int signals[] = {SIGSEGV, SIGBUS, SIGABRT, SIGTRAP, SIGFPE, SIGILL};
  /* Once: what the handler raises ends the program. */
  struct sigaction action = {.sa_handler = on_crash,
                             .sa_flags = (int) SA_RESETHAND | SA_NODEFER};
  guint i;

  for (i = 0; i < G_N_ELEMENTS (signals); i++)
    sigaction (signals[i], &action, NULL);
}

#endif
