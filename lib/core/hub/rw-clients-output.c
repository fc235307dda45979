/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-clients-output.h"

/** rw_clients_output_clear: frees what it has; it may be cleared twice. */
void
rw_clients_output_clear (RwClientsOutput *output)
{
  g_clear_pointer (&output->message, rw_signal_message_unref);
}
