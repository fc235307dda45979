/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-consumer-reporter.h"

GST_DEBUG_CATEGORY_STATIC (rw_consumer_reporter_debug);
#define GST_CAT_DEFAULT rw_consumer_reporter_debug

struct _RwConsumerReporter {
  RwEndpoint *endpoint;
  RwReceiver *receiver;
  RwOutageLog *outages;
  GError *last_error; /* why the last session failed */
};

RwConsumerReporter *
rw_consumer_reporter_new (RwEndpoint *endpoint, RwReceiver *receiver,
                          RwOutageLog *outages)
{
  static gsize category = 0;
  RwConsumerReporter *self = g_new0 (RwConsumerReporter, 1);

  if (g_once_init_enter (&category)) {
    GST_DEBUG_CATEGORY_INIT (rw_consumer_reporter_debug,
                             "resilientwebrtcconsumer", 0,
                             "resilient WebRTC source's sessions");
    g_once_init_leave (&category, 1);
  }
  self->endpoint = endpoint;
  self->receiver = receiver;
  self->outages = outages;
  return self;
}

void
rw_consumer_reporter_free (RwConsumerReporter *self)
{
  g_clear_error (&self->last_error);
  g_free (self);
}

void
rw_consumer_reporter_take_error (RwConsumerReporter *self, GError *error)
{
  g_clear_error (&self->last_error);
  self->last_error = error;
}

static void
post_progress (RwConsumerReporter *self, const RwStateInfo *info)
{
  gboolean was_lost = info->previous == RW_STATE_SUSPECT ||
                      info->previous == RW_STATE_RECONNECTING;

  switch (info->state) {
  case RW_STATE_SUSPECT:
  case RW_STATE_RECONNECTING:
    if (info->previous == RW_STATE_CONNECTED)
      rw_notifier_post_progress (rw_endpoint_get_notifier (self->endpoint),
                                 GST_PROGRESS_TYPE_START,
                                 "Reconnecting; audio is kept at the sender");
    break;
  case RW_STATE_CONNECTED:
    if (was_lost)
      rw_notifier_post_progress (rw_endpoint_get_notifier (self->endpoint),
                                 GST_PROGRESS_TYPE_COMPLETE, "Connected again");
    break;
  case RW_STATE_FAILED:
    if (was_lost)
      rw_notifier_post_progress (rw_endpoint_get_notifier (self->endpoint),
                                 GST_PROGRESS_TYPE_ERROR, "Given up");
    break;
  case RW_STATE_STOPPED:
    if (was_lost)
      rw_notifier_post_progress (rw_endpoint_get_notifier (self->endpoint),
                                 GST_PROGRESS_TYPE_CANCELED, "Stopped");
    break;
  default:
    break;
  }
}

static void
post_failure (RwConsumerReporter *self, const RwStateInfo *info,
              const GError *signalling_error)
{
  const char *why = self->last_error ? self->last_error->message : info->reason;
  g_autofree char *text =
      signalling_error ? g_strdup (signalling_error->message)
                       : g_strdup_printf ("Given up after %u attempts: %s",
                                          info->attempt, why);

  rw_notifier_post_error (rw_endpoint_get_notifier (self->endpoint),
                          GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_FAILED, text);
}

void
rw_consumer_reporter_report_state (RwConsumerReporter *self,
                                   const RwStateInfo *info, const char *peer_id,
                                   const char *session_id,
                                   const GError *signalling_error)
{
  RwRetrySettings retry = rw_endpoint_get_retry_settings (self->endpoint);
  RwReceiveProgress progress = rw_receiver_get_progress (self->receiver);
  RwStateReport report = {
      .is_own = TRUE,
      .state = info->state,
      .reason = info->reason,
      .peer_id = peer_id,
      .session_id = session_id,
      .generation = info->generation,
      .attempt = info->attempt,
      .retries = retry.retries,
      .delay_ns = info->delay_us * 1000,
      .outage_ns = info->outage_us * 1000,
      .backlog_ns = progress.backlog_ns,
  };

  rw_outage_log_note_state (self->outages, info->state,
                            rw_endpoint_now_us (self->endpoint),
                            info->outage_us, progress.repaired);
  rw_endpoint_announce (self->endpoint, info->state, &report);
  post_progress (self, info);
  if (info->state == RW_STATE_FAILED)
    post_failure (self, info, signalling_error);
}

void
rw_consumer_reporter_report_retry (RwConsumerReporter *self,
                                   const RwStateInfo *info)
{
  g_autofree char *text =
      g_strdup_printf ("Attempt %u in %.1f s: %s", info->attempt + 1,
                       info->delay_us / (gdouble) G_USEC_PER_SEC, info->reason);

  GST_INFO_OBJECT (rw_endpoint_get_element (self->endpoint), "%s", text);
  if (info->state != RW_STATE_CONNECTING)
    rw_notifier_post_progress (rw_endpoint_get_notifier (self->endpoint),
                               GST_PROGRESS_TYPE_CONTINUE, text);
}

void
rw_consumer_reporter_check_repaired (RwConsumerReporter *self)
{
  RwReceiveProgress progress;
  RwCatchUp catch_up;

  if (!rw_outage_log_is_catching_up (self->outages))
    return;
  progress = rw_receiver_get_progress (self->receiver);
  if (progress.has_holes)
    return;
  rw_outage_log_note_caught_up (self->outages,
                                rw_endpoint_now_us (self->endpoint),
                                progress.repaired, &catch_up);
  rw_endpoint_post (self->endpoint,
                    rw_bus_message_new_repaired (catch_up.frames,
                                                 catch_up.outage_us * 1000,
                                                 catch_up.catch_up_us * 1000));
}
