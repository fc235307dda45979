/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-ice-agent.h"

#include "rw-local-address.h"
#include "rw-relay-release.h"

GST_DEBUG_CATEGORY_STATIC (rw_ice_agent_debug);
#define GST_CAT_DEFAULT rw_ice_agent_debug

/* A thread that only handles packets answers far sooner. */
#define BARRIER_US (G_TIME_SPAN_SECOND / 2)

struct _RwIceAgent {
  GstElement *webrtc;
  char *stun_server;
  char **turn_servers;
  RwIceBinding binding;
  gboolean is_patient;
  gboolean is_watching;
};

static GObject *
dup_agent (RwIceAgent *self)
{
  g_autoptr (GObject) ice = NULL;
  GObject *agent = NULL;

  g_object_get (self->webrtc, "ice-agent", &ice, NULL);
  if (ice != NULL &&
      g_object_class_find_property (G_OBJECT_GET_CLASS (ice), "agent") != NULL)
    g_object_get (ice, "agent", &agent, NULL);
  return agent;
}

/* Another version of the agent may lack one. */
static void
set_number (GObject *object, const char *name, int number)
{
  if (g_object_class_find_property (G_OBJECT_GET_CLASS (object), name) != NULL)
    g_object_set (object, name, number, NULL);
}

/* libnice's defaults are for calls between browsers: a check each 20 ms, UPnP
 * and TCP candidates; 5 ms is the shortest interval that RFC 8445 allows.
 *
 * A check is sent again after 500 ms, twice that, and so on, the last time
 * after half. Where the best pair cannot work, behind a NAT, the one that does
 * is only nominated when all others have failed: 0.75 s with two tries. A path
 * slower than that needs more, so every third session is patient (2 s); both
 * sides count alike. An ordinary peer has no second session, so its is. */
#define STUN_TRIES         2
#define STUN_TRIES_PATIENT 3
#define PATIENT_EVERY      3

/* libnice goes on ticking for 5 s after its last check, 200 times a second at
 * our pace; once connected there is nothing to wait for. */
#define IDLE_TIMEOUT_MS 50

/* A peer that is watched is asked for its consent every 5 s, and has 24 s to
 * answer before it counts as gone: tries after 0.5, 1, 2, 4 and 8 s, and the
 * half of 16 s. RFC 7675 lets consent expire after 30 s. */
#define CONSENT_TIMEOUT_MS 500
#define CONSENT_TRIES      6

static void
tune (RwIceAgent *self)
{
  g_autoptr (GObject) agent = dup_agent (self);

  if (agent == NULL)
    return;
  set_number (agent, "upnp", FALSE);
  set_number (agent, "ice-tcp", FALSE);
  set_number (agent, "stun-pacing-timer", 5);
  set_number (agent, "stun-initial-timeout", 100);
  set_number (agent, "stun-max-retransmissions",
              self->is_patient ? STUN_TRIES_PATIENT : STUN_TRIES);
}

static void
add_local_address (RwIceAgent *self, GObject *ice, const char *address)
{
  gboolean added = FALSE;

  if (g_signal_lookup ("add-local-ip-address", G_OBJECT_TYPE (ice)))
    g_signal_emit_by_name (ice, "add-local-ip-address", address, &added);
  GST_DEBUG_OBJECT (self->webrtc, "local address %s: %s", address,
                    added ? "used" : "cannot be used");
}

/* libnice passes loopback over unless it is added, and then it uses
 * nothing else. Where there is nothing else, both peers are on this host; or
 * no address is there that may be used, and without one libnice would use all
 * of them. */
static void
add_local_addresses (RwIceAgent *self, GObject *ice)
{
  g_auto (GStrv) addresses = rw_ice_binding_list_addresses (&self->binding);

  for (guint i = 0; addresses && addresses[i]; i++)
    add_local_address (self, ice, addresses[i]);
  if (addresses && addresses[0] == NULL)
    GST_WARNING_OBJECT (self->webrtc,
                        "local-address: %s has no address now; this session "
                        "uses loopback alone",
                        self->binding.local);
  if (addresses ? addresses[0] == NULL : rw_local_address_is_loopback_only ())
    add_local_address (self, ice, "127.0.0.1");
}

static void
bind_agent (RwIceAgent *self)
{
  g_autoptr (GObject) ice = NULL;

  g_object_get (self->webrtc, "ice-agent", &ice, NULL);
  if (ice == NULL)
    return;
  add_local_addresses (self, ice);
  if (self->binding.min_port == 0 && self->binding.max_port == 65535)
    return;
  set_number (ice, "min-rtp-port", (int) self->binding.min_port);
  set_number (ice, "max-rtp-port", (int) self->binding.max_port);
}

static gboolean
pass_barrier (gpointer queue)
{
  g_async_queue_push (queue, queue);
  return G_SOURCE_REMOVE;
}

/* Returns when @context's thread has finished what it was doing. */
static void
wait_for_context (GMainContext *context)
{
  g_autoptr (GAsyncQueue) queue = g_async_queue_new ();
  g_autoptr (GSource) source = g_idle_source_new ();

  g_source_set_priority (source, G_PRIORITY_HIGH);
  g_source_set_static_name (source, "rw-barrier");
  g_source_set_callback (source, pass_barrier, g_async_queue_ref (queue),
                         (GDestroyNotify) g_async_queue_unref);
  g_source_attach (source, context);
  if (g_async_queue_timeout_pop (queue, BARRIER_US) == NULL)
    GST_WARNING ("the ICE agent's thread does not answer");
}

/* --- Public -------------------------------------------------------------- */

RwIceAgent *
rw_ice_agent_new (const RwWebrtcPeerConfig *config)
{
  static gsize has_category = 0;
  RwIceAgent *self = g_new0 (RwIceAgent, 1);

  if (g_once_init_enter (&has_category)) {
    GST_DEBUG_CATEGORY_INIT (rw_ice_agent_debug, "resilientwebrtcice", 0,
                             "The ICE agent of a WebRTC session");
    g_once_init_leave (&has_category, 1);
  }
  self->stun_server = g_strdup (config->stun_server);
  self->turn_servers = g_strdupv ((char **) config->turn_servers);
  self->binding = RW_ICE_BINDING_INIT;
  if (config->binding)
    rw_ice_binding_copy (&self->binding, config->binding);
  self->is_patient = config->generation % PATIENT_EVERY == 0;
  return self;
}

void
rw_ice_agent_free (RwIceAgent *self)
{
  g_free (self->stun_server);
  g_strfreev (self->turn_servers);
  rw_ice_binding_clear (&self->binding);
  g_free (self);
}

void
rw_ice_agent_attach (RwIceAgent *self, GstElement *webrtc)
{
  self->webrtc = webrtc;
  tune (self);
  bind_agent (self);
}

void
rw_ice_agent_add_servers (RwIceAgent *self)
{
  guint i;

  if (self->stun_server != NULL)
    g_object_set (self->webrtc, "stun-server", self->stun_server, NULL);
  for (i = 0; self->turn_servers != NULL && self->turn_servers[i] != NULL;
       i++) {
    gboolean added = FALSE;

    g_signal_emit_by_name (self->webrtc, "add-turn-server",
                           self->turn_servers[i], &added);
    if (!added)
      GST_WARNING_OBJECT (self->webrtc,
                          "TURN server %u cannot be used; check its URI", i);
  }
}

void
rw_ice_agent_watch_peer (RwIceAgent *self)
{
  g_autoptr (GObject) agent = dup_agent (self);

  if (agent == NULL)
    return;
  set_number (agent, "keepalive-conncheck", TRUE);
  self->is_watching = TRUE;
}

void
rw_ice_agent_rest (RwIceAgent *self)
{
  g_autoptr (GObject) agent = dup_agent (self);

  if (agent == NULL)
    return;
  set_number (agent, "idle-timeout", IDLE_TIMEOUT_MS);
  if (!self->is_watching)
    return;
  set_number (agent, "stun-initial-timeout", CONSENT_TIMEOUT_MS);
  set_number (agent, "stun-max-retransmissions", CONSENT_TRIES);
}

gboolean
rw_ice_agent_release_relays (RwIceAgent *self, RwLoop *loop, gpointer owner,
                             RwPostFunc func, gpointer data)
{
  g_autoptr (GObject) agent = NULL;

  if (self->turn_servers == NULL || self->turn_servers[0] == NULL)
    return FALSE;
  agent = dup_agent (self);
  return agent != NULL && rw_relay_release (agent, loop, owner, func, data);
}

/* webrtcbin's handlers of the agent's signals, on the agent's thread, use what
 * is freed while it still runs, and may be left with its last reference, to
 * wait for themselves for ever. None is called after this, none is at work. */
void
rw_ice_agent_silence (RwIceAgent *self)
{
  static const char *const signals[] = {
      "component-state-changed", "new-selected-pair-full",
      "candidate-gathering-done", "new-candidate-full"};
  g_autoptr (GObject) agent = dup_agent (self);
  gpointer context = NULL;
  gsize i;

  if (agent == NULL)
    return;
  /* Blocked, not disconnected: webrtcbin does that itself, by number. */
  for (i = 0; i < G_N_ELEMENTS (signals); i++)
    g_signal_handlers_block_matched (
        agent, G_SIGNAL_MATCH_ID,
        g_signal_lookup (signals[i], G_OBJECT_TYPE (agent)), 0, NULL, NULL,
        NULL);
  g_object_get (agent, "main-context", &context, NULL);
  if (context != NULL)
    wait_for_context (context);
}
