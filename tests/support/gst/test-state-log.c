/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "test-state-log.h"

#include <string.h>

/* See the header. */

#define STATE_MESSAGE "resilient-webrtc-state"
#define FRAME_NS      (20 * GST_MSECOND)

/* More than any test here lasts. */
#define MOST_NS (100 * GST_SECOND)

/* A message of an element and the event of the table that it stands for. */
static const struct {
  const char *reason;
  RwState to;
  RwStateEvent event;
} reasons[] = {
    {"start", RW_STATE_CONNECTING, RW_STATE_EVENT_START},
    {"connected", RW_STATE_CONNECTED, RW_STATE_EVENT_PROGRESS},
    {"replaced", RW_STATE_CONNECTED, RW_STATE_EVENT_PROGRESS},
    {"reconnected", RW_STATE_CONNECTED, RW_STATE_EVENT_PROGRESS},
    {"path-healed", RW_STATE_CONNECTED, RW_STATE_EVENT_PROGRESS},
    {"alive", RW_STATE_CONNECTED, RW_STATE_EVENT_ALIVE},
    {"silence", RW_STATE_SUSPECT, RW_STATE_EVENT_SUSPECT},
    {"stalled", RW_STATE_RECONNECTING, RW_STATE_EVENT_DOWN},
    {"peer-closed", RW_STATE_RECONNECTING, RW_STATE_EVENT_DOWN},
    {"goodbye", RW_STATE_RECONNECTING, RW_STATE_EVENT_DOWN},
    {"replaced", RW_STATE_RECONNECTING, RW_STATE_EVENT_DOWN},
    {"ice-failed", RW_STATE_RECONNECTING, RW_STATE_EVENT_DOWN},
    {"refused", RW_STATE_RECONNECTING, RW_STATE_EVENT_DOWN},
    {"requested", RW_STATE_RECONNECTING, RW_STATE_EVENT_DOWN},
    {"no-retries", RW_STATE_FAILED, RW_STATE_EVENT_GIVE_UP},
    {"timed-out", RW_STATE_FAILED, RW_STATE_EVENT_GIVE_UP},
    {"refused", RW_STATE_FAILED, RW_STATE_EVENT_GIVE_UP},
    {"ice-failed", RW_STATE_FAILED, RW_STATE_EVENT_GIVE_UP},
    {"incompatible", RW_STATE_FAILED, RW_STATE_EVENT_GIVE_UP},
    {"unreachable", RW_STATE_FAILED, RW_STATE_EVENT_GIVE_UP},
    {"unauthorized", RW_STATE_FAILED, RW_STATE_EVENT_GIVE_UP},
    {"stop", RW_STATE_STOPPED, RW_STATE_EVENT_STOP},
};

/* Transitions that the table allows and an element never makes. */
static const struct {
  RwState from;
  RwStateEvent event;
  const char *why;
} unreachable[] = {
    {RW_STATE_IDLE, RW_STATE_EVENT_STOP,
     "an element has a controller from its start on"},
    {RW_STATE_FAILED, RW_STATE_EVENT_START,
     "an element is stopped before it can be started again"},
};

typedef struct {
  RwState state;
  RwState previous;
  const char *reason;
  const char *peer_id;
  const char *session_id;
  guint generation;
  guint attempt;
  gint retries;
  guint64 delay;
  guint64 outage;
  guint64 backlog;
} Report;

static RwState
state_from_name (const char *name)
{
  for (guint state = 0; state < RW_N_STATES; state++)
    if (g_strcmp0 (name, rw_state_to_string (state)) == 0)
      return state;
  g_error ("\"%s\" is no state", name);
}

static void
report_read (const GstStructure *structure, Report *report)
{
  /* clang-format off */
  g_assert_true (gst_structure_get (structure,
      "generation", G_TYPE_UINT, &report->generation,
      "attempt", G_TYPE_UINT, &report->attempt,
      "retries", G_TYPE_INT, &report->retries,
      "delay", G_TYPE_UINT64, &report->delay,
      "outage", G_TYPE_UINT64, &report->outage,
      "backlog", G_TYPE_UINT64, &report->backlog,
      NULL));
  /* clang-format on */
  report->state =
      state_from_name (gst_structure_get_string (structure, "state"));
  report->previous =
      state_from_name (gst_structure_get_string (structure, "previous"));
  report->reason = gst_structure_get_string (structure, "reason");
  report->peer_id = gst_structure_get_string (structure, "peer-id");
  report->session_id = gst_structure_get_string (structure, "session-id");
}

static gboolean
is_state (GstMessage *message)
{
  return GST_MESSAGE_TYPE (message) == GST_MESSAGE_ELEMENT &&
         gst_message_has_name (message, STATE_MESSAGE);
}

/* ---- Waiting ---- */

typedef struct {
  guint mark;
  const char *state;
  const char *reason;
} Wanted;

static gboolean
has_state (TestSide *side, gpointer data)
{
  Wanted *wanted = data;

  for (guint i = wanted->mark; i < side->messages->len; i++) {
    GstMessage *message = g_ptr_array_index (side->messages, i);
    const GstStructure *structure = gst_message_get_structure (message);

    if (!is_state (message) ||
        g_strcmp0 (gst_structure_get_string (structure, "state"),
                   wanted->state) != 0)
      continue;
    if (wanted->reason == NULL ||
        g_strcmp0 (gst_structure_get_string (structure, "reason"),
                   wanted->reason) == 0) {
      wanted->mark = i + 1;
      return TRUE;
    }
  }
  return FALSE;
}

guint
test_state_log_wait (TestSide *side, guint mark, const char *state,
                     const char *reason)
{
  Wanted wanted = {mark, state, reason};

  test_side_wait (side, has_state, &wanted, reason ? reason : state);
  return wanted.mark;
}

const GstStructure *
test_state_log_get_last (TestSide *side, const char *peer_id)
{
  const GstStructure *last = NULL;

  g_mutex_lock (&side->lock);
  for (guint i = 0; i < side->messages->len; i++) {
    GstMessage *message = g_ptr_array_index (side->messages, i);

    if (is_state (message) &&
        (peer_id == NULL ||
         g_strcmp0 (gst_structure_get_string (
                        gst_message_get_structure (message), "peer-id"),
                    peer_id) == 0))
      last = gst_message_get_structure (message);
  }
  g_mutex_unlock (&side->lock);
  return last;
}

/* ---- The source ---- */

/* The messages of one side so far. */
typedef struct {
  RwState state;
  guint64 outage;
  guint generation; /* of the last session that was connected */
  guint outages;
  guint64 last_reconnect;
  gboolean in_progress; /* a PROGRESS was begun and not ended */
  gint wanted;          /* GstProgressType of what has to come next, or -1 */
} Told;

static RwStateEvent
find_event (const Report *report)
{
  for (guint i = 0; i < G_N_ELEMENTS (reasons); i++)
    if (reasons[i].to == report->state &&
        g_strcmp0 (reasons[i].reason, report->reason) == 0)
      return reasons[i].event;
  g_error ("%s: the reason \"%s\" is not known",
           rw_state_to_string (report->state), report->reason);
}

/* A message is a row of the table, and follows from the last one. */
static void
check_transition (Told *told, const Report *report, TestStateCoverage *coverage)
{
  RwStateEvent event = find_event (report);
  RwState state = report->previous;

  g_assert_cmpint (report->previous, ==, told->state);
  g_assert_true (rw_state_step (&state, event));
  g_assert_cmpint (state, ==, report->state);
  g_assert_cmpint (report->state, !=, report->previous);
  coverage->seen[report->previous][event] = TRUE;
}

static gboolean
is_interrupted (RwState state)
{
  return state == RW_STATE_SUSPECT || state == RW_STATE_RECONNECTING;
}

static void
check_numbers (TestSide *src, const Told *told, const Report *report)
{
  guint most_ms;
  gint retries;

  g_object_get (src->element, "retries", &retries, "retry-delay-max", &most_ms,
                NULL);
  g_assert_cmpint (report->retries, ==, retries);
  g_assert_cmpuint (report->delay, <=, most_ms * GST_MSECOND);
  if (report->state == RW_STATE_CONNECTED || report->state == RW_STATE_FAILED ||
      report->state == RW_STATE_STOPPED)
    g_assert_cmpuint (report->delay, ==, 0);
  g_assert_cmpuint (report->outage, <, MOST_NS);
  g_assert_cmpuint (report->backlog, <, MOST_NS);
  g_assert_cmpuint (report->backlog % FRAME_NS, ==, 0);
  if (report->state == RW_STATE_CONNECTING ||
      told->state == RW_STATE_CONNECTING)
    g_assert_cmpuint (report->outage, ==, 0);
  else if (report->state == RW_STATE_SUSPECT)
    g_assert_cmpuint (report->outage, >, 0); /* audio was missed already */
  if (is_interrupted (told->state))
    g_assert_cmpuint (report->outage, >=, told->outage);
}

static void
check_ids (const Told *told, const Report *report)
{
  switch (report->state) {
  case RW_STATE_CONNECTING:
    g_assert_cmpuint (report->generation, ==, 0);
    g_assert_cmpuint (report->attempt, ==, 0);
    g_assert_null (report->session_id);
    break;
  case RW_STATE_CONNECTED:
    g_assert_nonnull (report->peer_id);
    g_assert_nonnull (report->session_id);
    g_assert_cmpuint (report->generation, >=, MAX (told->generation, 1));
    if (report->generation > told->generation)
      g_assert_cmpuint (report->attempt, >=, 1);
    break;
  case RW_STATE_SUSPECT:
    g_assert_nonnull (report->session_id);
    g_assert_cmpuint (report->generation, ==, told->generation);
    g_assert_cmpuint (report->attempt, ==, 0);
    break;
  case RW_STATE_RECONNECTING:
    g_assert_cmpuint (report->generation, >=, told->generation);
    break;
  default:
    break;
  }
}

/* START when audio goes, one end when it is back or nobody waits for it. */
static void
expect_progress (Told *told, RwState state)
{
  if (is_interrupted (state) && told->state == RW_STATE_CONNECTED)
    told->wanted = GST_PROGRESS_TYPE_START;
  else if (state == RW_STATE_CONNECTED && is_interrupted (told->state))
    told->wanted = GST_PROGRESS_TYPE_COMPLETE;
  else if (state == RW_STATE_FAILED && told->in_progress)
    told->wanted = GST_PROGRESS_TYPE_ERROR;
  else if (state == RW_STATE_STOPPED && told->in_progress)
    told->wanted = GST_PROGRESS_TYPE_CANCELED;
}

static void
check_state (TestSide *src, Told *told, const GstStructure *structure,
             TestStateCoverage *coverage)
{
  Report report;

  report_read (structure, &report);
  g_test_message ("%s -> %s: %s", rw_state_to_string (report.previous),
                  rw_state_to_string (report.state), report.reason);
  g_assert_cmpint (told->wanted, ==, -1);
  check_transition (told, &report, coverage);
  check_numbers (src, told, &report);
  check_ids (told, &report);
  expect_progress (told, report.state);
  if (report.state == RW_STATE_CONNECTING)
    *told = (Told){.wanted = -1};
  if (report.state == RW_STATE_CONNECTED && is_interrupted (told->state)) {
    told->outages++;
    told->last_reconnect = report.outage;
  }
  if (report.state == RW_STATE_CONNECTED)
    told->generation = report.generation;
  told->state = report.state;
  told->outage = report.outage;
}

static void
check_progress (Told *told, GstMessage *message)
{
  g_autofree char *code = NULL;
  g_autofree char *text = NULL;
  GstProgressType type;

  gst_message_parse_progress (message, &type, &code, &text);
  g_assert_cmpstr (code, ==, "reconnect");
  g_assert_cmpint (strlen (text), >, 0);
  if (type == GST_PROGRESS_TYPE_CONTINUE) {
    g_assert_true (told->in_progress);
    return;
  }
  g_assert_cmpint (type, ==, told->wanted);
  told->in_progress = type == GST_PROGRESS_TYPE_START;
  told->wanted = -1;
}

/* An error is told where it has given up, and nowhere else. */
static void
check_messages (TestSide *src, Told *told, TestStateCoverage *coverage)
{
  guint n_failed = 0, n_errors = 0;

  for (guint i = 0; i < src->messages->len; i++) {
    GstMessage *message = g_ptr_array_index (src->messages, i);

    if (GST_MESSAGE_SRC (message) != GST_OBJECT (src->element))
      continue;
    if (is_state (message)) {
      check_state (src, told, gst_message_get_structure (message), coverage);
      n_failed += told->state == RW_STATE_FAILED;
    } else if (GST_MESSAGE_TYPE (message) == GST_MESSAGE_PROGRESS) {
      check_progress (told, message);
    } else if (GST_MESSAGE_TYPE (message) == GST_MESSAGE_ERROR) {
      g_assert_cmpint (told->state, ==, RW_STATE_FAILED);
      n_errors++;
    }
  }
  g_assert_cmpint (told->wanted, ==, -1);
  g_assert_false (told->in_progress);
  g_assert_cmpuint (n_errors, ==, n_failed);
}

static char *
dup_state (TestSide *side)
{
  g_auto (GValue) value = G_VALUE_INIT;

  g_object_get_property (G_OBJECT (side->element), "state", &value);
  return gst_value_serialize (&value);
}

void
test_state_log_check_source (TestSide *src, TestStateCoverage *coverage)
{
  g_autofree char *state = dup_state (src);
  Told told = {.state = RW_STATE_IDLE, .wanted = -1};

  g_mutex_lock (&src->lock);
  check_messages (src, &told, coverage);
  g_mutex_unlock (&src->lock);
  g_assert_cmpstr (state, ==, rw_state_to_string (told.state));
}

/* ---- The sink ---- */

static RwState
get_state_of (GHashTable *consumers, const char *id)
{
  gpointer state;

  if (g_hash_table_lookup_extended (consumers, id, NULL, &state))
    return GPOINTER_TO_UINT (state);
  return RW_STATE_CONNECTING;
}

/* A consumer that left may come again, as a new one. */
static void
set_state_of (GHashTable *consumers, const char *id, RwState state)
{
  if (state == RW_STATE_STOPPED)
    g_hash_table_remove (consumers, id);
  else
    g_hash_table_insert (consumers, g_strdup (id), GUINT_TO_POINTER (state));
}

static void
check_consumer (GHashTable *consumers, const Report *report)
{
  g_assert_cmpint (report->previous, ==,
                   get_state_of (consumers, report->peer_id));
  g_assert_cmpint (report->state, !=, report->previous);
  g_assert_nonnull (report->reason);
  if (report->state != RW_STATE_STOPPED)
    g_assert_nonnull (report->session_id);
  g_assert_cmpint (report->retries, ==, -1);
  g_assert_cmpuint (report->attempt, ==, 0);
  g_assert_cmpuint (report->delay, ==, 0);
  g_assert_cmpuint (report->outage, <, MOST_NS);
  g_assert_cmpuint (report->backlog, <, MOST_NS);
  if (report->previous == RW_STATE_CONNECTING ||
      report->previous == RW_STATE_CONNECTED)
    g_assert_cmpuint (report->outage, ==, 0);
  else
    g_assert_cmpuint (report->outage, >, 0);
  set_state_of (consumers, report->peer_id, report->state);
}

void
test_state_log_check_sink (TestSide *sink)
{
  g_autoptr (GHashTable) consumers =
      g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  RwState own = RW_STATE_IDLE;

  g_mutex_lock (&sink->lock);
  for (guint i = 0; i < sink->messages->len; i++) {
    GstMessage *message = g_ptr_array_index (sink->messages, i);
    Report report;

    if (!is_state (message))
      continue;
    report_read (gst_message_get_structure (message), &report);
    g_test_message ("%s: %s -> %s: %s", report.peer_id,
                    rw_state_to_string (report.previous),
                    rw_state_to_string (report.state), report.reason);
    if (report.peer_id) {
      check_consumer (consumers, &report);
      continue;
    }
    g_assert_cmpint (report.previous, ==, own);
    own = report.state;
  }
  g_mutex_unlock (&sink->lock);
  g_assert_cmpint (own, ==, RW_STATE_STOPPED);
  g_assert_cmpuint (g_hash_table_size (consumers), ==, 0);
}

/* ---- The table ---- */

static const char *
why_unreachable (RwState from, RwStateEvent event)
{
  for (guint i = 0; i < G_N_ELEMENTS (unreachable); i++)
    if (unreachable[i].from == from && unreachable[i].event == event)
      return unreachable[i].why;
  return NULL;
}

void
test_state_coverage_assert_complete (const TestStateCoverage *coverage)
{
  const RwStateTable *table = rw_state_get_table ();
  guint n_missing = 0;

  for (guint from = 0; from < RW_N_STATES; from++) {
    for (guint event = 0; event < RW_N_STATE_EVENTS; event++) {
      gint to = (*table)[from][event] - 1;
      const char *why = why_unreachable (from, event);
      gboolean seen = coverage->seen[from][event];

      if (to < 0 || to == (gint) from)
        continue;
      g_test_message ("%s + %s -> %s: %s", rw_state_to_string (from),
                      rw_state_event_to_string (event), rw_state_to_string (to),
                      seen  ? "seen"
                      : why ? why
                            : "NO CASE");
      g_assert_false (seen && why != NULL);
      n_missing += !seen && why == NULL;
    }
  }
  g_assert_cmpuint (n_missing, ==, 0);
}
