/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-signalling-watch.h"

#include "rw-session.h"

#define GST_CAT_DEFAULT rw_session_get_debug_category ()

struct _RwSignallingWatch {
  RwEndpoint *endpoint;
  RwSignaller *signaller;
  RwController *controller;
  RwProducerFinder *finder;
  RwConsumerFailures *failures;
  gboolean is_open;
  char *peer_id; /* this client's id at the server, of its last connection */
};

static void
on_server_error (RwSignaller *signaller, const char *details, gpointer data)
{
  RwSignallingWatch *self = data;

  GST_WARNING_OBJECT (rw_endpoint_get_element (self->endpoint),
                      "signalling server: %s", details);
}

static void
on_signaller_opened (RwSignaller *signaller, const char *peer_id, gpointer data)
{
  RwSignallingWatch *self = data;
  gboolean is_resumed = g_strcmp0 (self->peer_id, peer_id) == 0;

  self->is_open = TRUE;
  if (!is_resumed)
    rw_producer_finder_doubt_all (self->finder);
  rw_controller_retry_now (self->controller, is_resumed
                                                 ? RW_RETRY_SIGNALLING_RESUMED
                                                 : RW_RETRY_SIGNALLING_OPENED);
  g_free (self->peer_id);
  self->peer_id = g_strdup (peer_id);
}

static void
on_signaller_closed (RwSignaller *signaller, GError *error, gboolean will_retry,
                     gint64 delay_us, gpointer data)
{
  RwSignallingWatch *self = data;

  /* The producers are kept: with a server that is still there their ids hold.
   */
  self->is_open = FALSE;
}

static void
on_signaller_failed (RwSignaller *signaller, GError *error, gpointer data)
{
  RwSignallingWatch *self = data;

  rw_consumer_failures_take_signalling (self->failures, error);
}

RwSignallingWatch *
rw_signalling_watch_new (RwEndpoint *endpoint, RwSignaller *signaller,
                         RwController *controller, RwProducerFinder *finder,
                         RwConsumerFailures *failures)
{
  RwSignallingWatch *self = g_new0 (RwSignallingWatch, 1);

  self->endpoint = endpoint;
  self->signaller = signaller;
  self->controller = controller;
  self->finder = finder;
  self->failures = failures;
  g_signal_connect (signaller, "opened", G_CALLBACK (on_signaller_opened),
                    self);
  g_signal_connect (signaller, "closed", G_CALLBACK (on_signaller_closed),
                    self);
  g_signal_connect (signaller, "failed", G_CALLBACK (on_signaller_failed),
                    self);
  g_signal_connect (signaller, "server-error", G_CALLBACK (on_server_error),
                    self);
  return self;
}

void
rw_signalling_watch_free (RwSignallingWatch *self)
{
  g_signal_handlers_disconnect_by_data (self->signaller, self);
  g_free (self->peer_id);
  g_free (self);
}

gboolean
rw_signalling_watch_is_open (RwSignallingWatch *self)
{
  return self->is_open;
}
