/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-relay-release.h"

#include <nice/agent.h>

/* libnice asks each server again after 100 ms and 200 ms, and then gives up. A
 * session whose peer is watched has far longer times. */
#define ASK_AGAIN_MS 100
#define TRIES        3

typedef struct {
  NiceAgent *agent;
  GMainContext *context;
  RwLoop *loop;
  GObject *owner;
  RwPostFunc func;
  gpointer self;
} Release;

static void
release_free (Release *release)
{
  g_object_unref (release->agent);
  g_main_context_unref (release->context);
  g_object_unref (release->owner);
  g_object_unref (release->loop);
  g_free (release);
}

/* The agent's thread. */
static void
on_released (GObject *agent, GAsyncResult *result, gpointer data)
{
  Release *release = data;

  rw_post (release->loop, release->owner, release->func, release->self, NULL,
           NULL);
  release_free (release);
}

/* The agent's thread, so that libnice answers on it as well. */
static gboolean
begin (gpointer data)
{
  Release *release = data;

  g_main_context_push_thread_default (release->context);
  nice_agent_close_async (release->agent, on_released, release);
  g_main_context_pop_thread_default (release->context);
  return G_SOURCE_REMOVE;
}

static void
run_on_agent (Release *release)
{
  g_autoptr (GSource) source = g_idle_source_new ();

  g_source_set_priority (source, G_PRIORITY_DEFAULT);
  g_source_set_static_name (source, "rw-relay-release");
  g_source_set_callback (source, begin, release, NULL);
  g_source_attach (source, release->context);
}

gboolean
rw_relay_release (GObject *agent, RwLoop *loop, gpointer owner, RwPostFunc func,
                  gpointer self)
{
  GMainContext *context = NULL;
  Release *release;

  if (!NICE_IS_AGENT (agent))
    return FALSE;
  g_object_get (agent, "main-context", &context, NULL);
  if (context == NULL)
    return FALSE;
  g_object_set (agent, "stun-initial-timeout", ASK_AGAIN_MS,
                "stun-max-retransmissions", TRIES, NULL);
  release = g_new (Release, 1);
  *release = (Release){NICE_AGENT (g_object_ref (agent)),
                       g_main_context_ref (context),
                       g_object_ref (loop),
                       g_object_ref (owner),
                       func,
                       self};
  run_on_agent (release);
  return TRUE;
}
