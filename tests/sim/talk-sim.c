/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-floor.h"
#include "rw-talk-key.h"

/* Members press and release their talk keys (RwTalkKey) in a room (RwFloor)
 * while connections are lost and the server restarts, with its memory or
 * without. Everything follows from the seed. Checked at every step:
 *
 * - on air is only who presses;
 * - two members are on air together no longer than messages travel; after a
 *   restart without memory, no longer than a lease;
 * - in the end, when the network is well, everybody who presses gets the floor.
 */

#define MS              1000
#define STEP_US         (20 * MS)
#define CHAOS_US        (40 * G_USEC_PER_SEC)
#define MAX_DELAY_US    (100 * MS)
#define MAX_DETECT_US   (1300 * MS) /* of a lost connection, by the member */
#define OUTBOX_AGE_US   (2 * G_USEC_PER_SEC)
#define MAX_N           5
#define SERVER_GRACE_US (5 * G_USEC_PER_SEC)
#define SHORT_HOLD_US   (4 * G_USEC_PER_SEC)
#define LONG_HOLD_US    (20 * G_USEC_PER_SEC)

typedef enum {
  TO_REQUEST,
  TO_RELEASE,
  TO_MARK,
  FROM_GRANTED,
  FROM_QUEUED,
  FROM_DENIED,
  FROM_TAKEN,
  FROM_RELEASED,
  FROM_JOINED,
} Kind;

typedef struct {
  Kind kind;
  gint64 at_us; /* when it arrives */
  gint64 made_us;
  gint64 value;
  const char *reason;
} Message;

typedef struct {
  char id[2];
  RwTalkKey *key;
  gboolean is_pressed;
  gboolean is_cut;       /* no byte passes */
  gboolean was_detected; /* by the member */
  gboolean is_away;      /* as the server has it */
  gboolean is_forgotten; /* to join again */
  gint64 detect_us;      /* by the member */
  gint64 away_us;        /* by the server */
  gint64 back_us;
  GQueue to_server; /* Message */
  GQueue to_member;
} Member;

typedef struct {
  guint32 seed;
  GRand *dice;
  RwFloor *floor;
  gint64 max_hold_us;
  guint calm; /* steps between changes of a key */
  gint64 now_us;
  guint n;
  Member members[MAX_N];
  gint64 both_since_us; /* two on air; 0: not */
  gint64 forgot_us;     /* last restart without memory */
} World;

static gboolean
roll (World *w, guint one_in)
{
  return g_rand_int_range (w->dice, 0, (gint32) one_in) == 0;
}

static gint64
roll_us (World *w, gint64 max_us)
{
  return g_rand_int_range (w->dice, 0, (gint32) max_us);
}

/* In order: nothing overtakes. */
static Message *
send (World *w, GQueue *queue, Kind kind)
{
  Message *last = g_queue_peek_tail (queue);
  Message *message = g_new0 (Message, 1);

  message->kind = kind;
  message->made_us = w->now_us;
  message->at_us = w->now_us + roll_us (w, MAX_DELAY_US);
  if (last != NULL)
    message->at_us = MAX (message->at_us, last->at_us);
  g_queue_push_tail (queue, message);
  return message;
}

static Member *
find (World *w, const char *id)
{
  return &w->members[id[0] - 'a'];
}

/* ---- The server ---- */

static void
spread (World *w, const RwFloorEvent *event)
{
  Member *whom = find (w, event->id);

  for (guint i = 0; i < w->n; i++) {
    Member *m = &w->members[i];

    if (m->is_forgotten)
      continue;
    if (event->type == RW_FLOOR_RELEASED)
      send (w, &m->to_member, FROM_RELEASED)->reason = event->reason;
    else if (event->type == RW_FLOOR_GRANTED && m != whom && !event->again)
      send (w, &m->to_member, FROM_TAKEN);
    if (event->type == RW_FLOOR_RELEASED)
      ((Message *) g_queue_peek_tail (&m->to_member))->value = m == whom;
  }
}

static void
publish_events (World *w)
{
  RwFloorEvent event;

  while (rw_floor_pop (w->floor, &event)) {
    Member *m = find (w, event.id);

    if (event.type == RW_FLOOR_GRANTED)
      send (w, &m->to_member, FROM_GRANTED)->value = event.remaining_us;
    else if (event.type == RW_FLOOR_QUEUED)
      send (w, &m->to_member, FROM_QUEUED)->value = event.position;
    else if (event.type == RW_FLOOR_DENIED)
      send (w, &m->to_member, FROM_DENIED);
    spread (w, &event);
    rw_floor_event_clear (&event);
  }
}

static void
serve (World *w, Member *m)
{
  Message *message;

  while (!m->is_cut && (message = g_queue_peek_head (&m->to_server)) != NULL &&
         message->at_us <= w->now_us) {
    g_queue_pop_head (&m->to_server);
    if (message->kind == TO_REQUEST)
      rw_floor_request (w->floor, m->id, 0, TRUE, w->now_us);
    else if (message->kind == TO_RELEASE)
      rw_floor_release (w->floor, m->id, w->now_us);
    else
      send (w, &m->to_member, FROM_JOINED)->value =
          g_strcmp0 (rw_floor_get_holder (w->floor), m->id) == 0;
    g_free (message);
    publish_events (w);
  }
}

/* ---- A member ---- */

/* The requests that wait without a connection: a release takes the place of a
 * request, and requests expire. */
static void
drop_requests (Member *m, gint64 made_before_us)
{
  for (GList *l = m->to_server.head, *next; l != NULL; l = next) {
    Message *message = l->data;

    next = l->next;
    if (message->kind != TO_REQUEST || message->made_us >= made_before_us)
      continue;
    g_free (message);
    g_queue_delete_link (&m->to_server, l);
  }
}

static void
obey (World *w, Member *m)
{
  static const Kind kinds[] = {
      [RW_TALK_REQUEST] = TO_REQUEST,
      [RW_TALK_GIVE_BACK] = TO_RELEASE,
      [RW_TALK_MARK] = TO_MARK,
  };
  RwTalkEvent event;

  while (rw_talk_key_pop (m->key, &event)) {
    if (event.type != RW_TALK_REQUEST && event.type != RW_TALK_GIVE_BACK &&
        event.type != RW_TALK_MARK)
      continue;
    if (m->is_cut && m->was_detected && event.type != RW_TALK_MARK)
      drop_requests (m, G_MAXINT64);
    send (w, &m->to_server, kinds[event.type]);
  }
}

static void
receive (World *w, Member *m, const Message *message)
{
  switch (message->kind) {
  case FROM_GRANTED:
    rw_talk_key_grant (m->key, message->value, w->now_us);
    break;
  case FROM_QUEUED:
    rw_talk_key_queue (m->key, (guint) message->value);
    break;
  case FROM_DENIED:
    rw_talk_key_deny (m->key, "queue-full");
    break;
  case FROM_TAKEN:
    rw_talk_key_yield (m->key);
    break;
  case FROM_JOINED:
    rw_talk_key_join (m->key, message->value != 0, w->now_us);
    break;
  default:
    if (message->value)
      rw_talk_key_lose (m->key, message->reason);
  }
  obey (w, m);
}

static void
listen (World *w, Member *m)
{
  Message *message;

  while (!m->is_cut && (message = g_queue_peek_head (&m->to_member)) != NULL &&
         message->at_us <= w->now_us) {
    g_queue_pop_head (&m->to_member);
    receive (w, m, message);
    g_free (message);
  }
}

static void
set_pressed (World *w, Member *m, gboolean is_pressed)
{
  if (m->is_pressed == is_pressed)
    return;
  m->is_pressed = is_pressed;
  if (is_pressed)
    rw_talk_key_press (m->key, w->now_us);
  else
    rw_talk_key_release (m->key);
  obey (w, m);
}

/* ---- Outages ---- */

static void
cut (World *w, Member *m, gint64 length_us)
{
  if (m->is_cut)
    return;
  m->is_cut = TRUE;
  m->was_detected = FALSE;
  m->detect_us = w->now_us + roll_us (w, MAX_DETECT_US);
  m->away_us = w->now_us + (roll (w, 2) ? 0 : roll_us (w, 15 * G_USEC_PER_SEC));
  m->back_us = MAX (w->now_us + length_us, m->detect_us);
}

static void
come_back (World *w, Member *m)
{
  m->is_cut = FALSE;
  drop_requests (m, w->now_us - OUTBOX_AGE_US);
  if (m->is_forgotten) {
    m->is_forgotten = FALSE;
    rw_talk_key_connect (m->key, FALSE);
    rw_talk_key_join (m->key, FALSE, w->now_us);
  } else {
    if (m->is_away)
      rw_floor_set_away (w->floor, m->id, FALSE, w->now_us);
    publish_events (w);
    rw_talk_key_connect (m->key, TRUE);
  }
  m->is_away = FALSE;
  obey (w, m);
}

static void
go_on (World *w, Member *m)
{
  if (m->is_cut && !m->was_detected && w->now_us >= m->detect_us) {
    m->was_detected = TRUE;
    rw_talk_key_disconnect (m->key, w->now_us);
    obey (w, m);
  }
  if (m->is_cut && !m->is_away && !m->is_forgotten && w->now_us >= m->away_us) {
    m->is_away = TRUE;
    rw_floor_set_away (w->floor, m->id, TRUE, w->now_us);
    publish_events (w);
  }
  if (m->is_cut && w->now_us >= m->back_us)
    come_back (w, m);
}

static void
make_floor (World *w)
{
  RwFloorConfig config = {w->max_hold_us, SERVER_GRACE_US, MAX_N};

  rw_floor_free (w->floor);
  w->floor = rw_floor_new (&config);
}

static void
clear_queue (GQueue *queue)
{
  g_queue_clear_full (queue, g_free);
}

static void
restart (World *w, gboolean forgets)
{
  for (guint i = 0; i < w->n; i++) {
    Member *m = &w->members[i];

    cut (w, m, roll_us (w, 3 * G_USEC_PER_SEC));
    m->away_us = w->now_us; /* all connections are gone */
    if (!forgets)
      continue;
    m->is_forgotten = TRUE;
    m->is_away = FALSE;
    clear_queue (&m->to_server);
    clear_queue (&m->to_member);
  }
  if (!forgets)
    return;
  w->forgot_us = w->now_us;
  make_floor (w);
}

/* ---- What has to hold ---- */

static gboolean
is_on_air (const Member *m)
{
  return rw_talk_key_get_state (m->key) == RW_TALK_TALKING;
}

static void
expect (World *w, gboolean holds, const char *what)
{
  if (!holds)
    g_error ("seed %u, at %.2f s: %s (run it alone with RW_SEED)", w->seed,
             (gdouble) w->now_us / G_USEC_PER_SEC, what);
}

static void
check (World *w)
{
  gint64 allowed_us = 2 * MAX_DELAY_US + 2 * STEP_US;
  guint n_on_air = 0;

  for (guint i = 0; i < w->n; i++) {
    expect (w, !is_on_air (&w->members[i]) || w->members[i].is_pressed,
            "on air without pressing");
    n_on_air += is_on_air (&w->members[i]) ? 1 : 0;
  }
  if (n_on_air < 2) {
    w->both_since_us = 0;
    return;
  }
  if (w->both_since_us == 0)
    w->both_since_us = w->now_us;
  if (w->forgot_us != 0 && w->both_since_us - w->forgot_us < SERVER_GRACE_US)
    allowed_us += SERVER_GRACE_US;
  expect (w, w->now_us - w->both_since_us <= allowed_us, "two on air");
}

static void
step (World *w)
{
  w->now_us += STEP_US;
  if (rw_floor_get_wake_us (w->floor) <= w->now_us) {
    rw_floor_wake (w->floor, w->now_us);
    publish_events (w);
  }
  for (guint i = 0; i < w->n; i++) {
    Member *m = &w->members[i];

    go_on (w, m);
    serve (w, m);
    listen (w, m);
    rw_talk_key_wake (m->key, w->now_us);
    obey (w, m);
  }
  check (w);
}

static void
stir (World *w)
{
  Member *m = &w->members[g_rand_int_range (w->dice, 0, (gint32) w->n)];

  if (roll (w, w->calm))
    set_pressed (w, m, !m->is_pressed);
  if (roll (w, 200))
    cut (w, m, roll_us (w, 12 * G_USEC_PER_SEC));
  if (roll (w, 1000))
    restart (w, roll (w, 2));
}

/* Each presses until it was on air for a moment. */
static void
serve_everybody (World *w)
{
  gint64 end_us;
  guint n_served = 0;
  gboolean served[MAX_N] = {FALSE};

  for (guint i = 0; i < w->n; i++)
    set_pressed (w, &w->members[i], FALSE);
  for (end_us = w->now_us + 15 * G_USEC_PER_SEC; w->now_us < end_us;)
    step (w);
  for (guint i = 0; i < w->n; i++)
    set_pressed (w, &w->members[i], TRUE);
  for (end_us = w->now_us + 10 * G_USEC_PER_SEC; w->now_us < end_us;) {
    step (w);
    for (guint i = 0; i < w->n; i++) {
      if (served[i] || !is_on_air (&w->members[i]) || roll (w, 3))
        continue;
      served[i] = TRUE;
      n_served++;
      set_pressed (w, &w->members[i], FALSE);
    }
  }
  expect (w, n_served == w->n, "a member who presses is not served");
}

static void
run (guint32 seed)
{
  World w = {.seed = seed, .dice = g_rand_new_with_seed (seed)};

  w.n = (guint) g_rand_int_range (w.dice, 2, MAX_N + 1);
  w.calm = roll (&w, 2) ? 5 : 120;
  w.max_hold_us = roll (&w, 2) ? SHORT_HOLD_US : LONG_HOLD_US;
  make_floor (&w);
  for (guint i = 0; i < w.n; i++) {
    Member *m = &w.members[i];

    m->id[0] = (char) ('a' + i);
    m->key = rw_talk_key_new (&RW_TALK_KEY_CONFIG_DEFAULT);
    rw_talk_key_join (m->key, FALSE, 0);
  }
  while (w.now_us < CHAOS_US) {
    step (&w);
    stir (&w);
  }
  serve_everybody (&w);
  for (guint i = 0; i < w.n; i++) {
    rw_talk_key_free (w.members[i].key);
    clear_queue (&w.members[i].to_server);
    clear_queue (&w.members[i].to_member);
  }
  rw_floor_free (w.floor);
  g_rand_free (w.dice);
}

static void
test_one_at_a_time_and_nobody_starves (void)
{
  guint32 n = g_test_perf () ? 10000 : 1000;
  const char *only = g_getenv ("RW_SEED");

  if (only != NULL) {
    run ((guint32) g_ascii_strtoull (only, NULL, 10));
    return;
  }
  for (guint32 seed = 0; seed < n; seed++) {
    if (seed % 1000 == 0)
      g_test_message ("seeds from %u", seed);
    run (seed);
  }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/sim/talk/one-at-a-time-and-nobody-starves",
                   test_one_at_a_time_and_nobody_starves);
  return g_test_run ();
}
