/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "rw-controller.h"
#include "rw-conversation.h"
#include "rw-server-list.h"
#include "rw-signal-dispatch.h"
#include "rw-timer.h"
#include "rw-ws-line.h"
#include "rw-ws-signaller.h"

G_BEGIN_DECLS

/* The parts of RwWsSignaller: the object itself (rw-ws-signaller.c), its lines
 * from the greeting to the end (rw-ws-seat.c), what follows from that
 * (rw-ws-failure.c), and what it tells and doubts
 * (rw-ws-watch.c). Control thread. */

/* For how long a doubt explains what happens. */
#define DOUBT_TIME_US (2 * G_TIME_SPAN_SECOND)

/* One line and what its server has said of itself so far. */
typedef struct {
  RwWsSignaller *owner; /* no reference: it owns us */
  RwWsLine *line;
  guint64 generation;
  guint uri_index;
  char *peer_id;
  gboolean old;       /* it does not know setProtocolVersion */
  gboolean resilient; /* it keeps seats */
  gint64 hold_us;     /* how long it wants to be left alone */
  gboolean connected; /* and has been greeted, or waits for its turn */
  gint64 answer_us;   /* how long its answer to the greeting took */
  gint64 taken_us;    /* when it became the one in use; 0: not yet */
  gboolean resumed;   /* it is the same place as on the line before */
} RwWsSeat;

struct _RwWsSignaller {
  GObject parent_instance;
  RwClock *clock;
  RwController *controller;
  RwTimer *probe_timer;
  RwTimer *outage_timer; /* the end of a rehearsed outage */
  RwTimer *better_timer; /* a preferred server may be well again */
  RwTimer *ice_timer;    /* credentials for TURN are to be renewed */
  gint64 ice_ttl_us;     /* for how long those were good */
  RwConversation *conversation;
  RwSignalDispatch *dispatch;

  GStrv uris;
  RwServerList *servers; /* the health of each */
  gboolean *hopeless;    /* of each: what it said last is final */
  RwBackoff patience;    /* with servers that take us in and hang up */
  gboolean is_tried;     /* the last one did */
  char *client_id;
  char *auth_token;
  GTlsDatabase *tls_database;
  gboolean insecure_tls;
  gint64 ping_interval_us;
  gint64 pong_timeout_us;
  gint64 probe_timeout_us;
  gint64 better_delay_us;

  GHashTable *seats; /* generation -> RwWsSeat */
  RwWsSeat *seat;    /* the one in use, or NULL; owned by seats */
  RwWsSeat *greeted; /* the one whose answer we wait for; likewise */
  gint64 greeted_us;
  gint64 doubted_us; /* when we were last told to distrust the network */
  gboolean is_told_open;
  RwWsLine *closing;    /* the one that we have said goodbye on */
  RwWsLine *left;       /* the same, at a server that we use no more */
  char *token;          /* resumes the seat we had */
  guint64 n_attempts;   /* to take one */
  gboolean is_degraded; /* the server says that it is on its own */
  gboolean knows_more;  /* we have heard what perhaps only it knows */
  gint64 lost_us;       /* when we last had a seat in use, and lost it */
  GHashTable *rooms;    /* id -> rw-ws-rooms.c's Room: those we are to be in */

  gboolean has_status;
  RwRoles roles;
  char *name;
  char *stream_id;

  char *tried;        /* the server of the last attempt, to be shown */
  GError *last_error; /* NULL: it did not answer */
  RwWsSignallerCounts counts;
};

/* rw-ws-seat.c */
void rw_ws_seat_free (gpointer data);
void rw_ws_signaller_leave_seat (RwWsSignaller *self);
void rw_ws_signaller_forget_left (RwWsSignaller *self);
void rw_ws_signaller_say_status (RwWsSignaller *self, RwWsSeat *seat);
void rw_ws_signaller_say_gone (RwWsSignaller *self, RwWsSeat *seat);
void rw_ws_signaller_ask_list (RwWsSignaller *self, RwWsSeat *seat);
void rw_ws_signaller_on_attempt (RwController *controller, guint64 generation,
                                 RwWsSignaller *self);
void rw_ws_signaller_on_abandon (RwController *controller, guint64 generation,
                                 RwWsSignaller *self);

gboolean rw_ws_signaller_is_moving (RwWsSignaller *self, RwWsSeat *seat);

/* rw-ws-failure.c */
gint64 rw_ws_signaller_lose_patience (RwWsSignaller *self, RwWsSeat *seat);
void rw_ws_signaller_fail_attempt (RwWsSignaller *self, RwWsSeat *seat,
                                   const GError *error, gint64 hold_us);

/* rw-ws-ice.c */
void rw_ws_signaller_hear_ice (RwWsSignaller *self,
                               const RwSignalMessage *message);
void rw_ws_signaller_on_ice_due (gpointer data);

/* rw-ws-rooms.c */
void rw_ws_signaller_install_room_signals (void);
GHashTable *rw_ws_signaller_new_rooms (void);
void rw_ws_signaller_rejoin_rooms (RwWsSignaller *self);
gboolean rw_ws_signaller_hear_room (RwWsSignaller *self,
                                    const RwSignalMessage *message);

/* rw-ws-watch.c */
void rw_ws_signaller_on_retrying (RwController *controller,
                                  const RwStateInfo *info, RwWsSignaller *self);
void rw_ws_signaller_on_state_changed (RwController *controller,
                                       const RwStateInfo *info,
                                       RwWsSignaller *self);
void rw_ws_signaller_on_probe (gpointer data);
void rw_ws_signaller_probe (RwWsSignaller *self);
void rw_ws_signaller_tell_closed (RwWsSignaller *self, const GError *error,
                                  gint64 delay_us);
void rw_ws_signaller_plan_better (RwWsSignaller *self);
void rw_ws_signaller_on_better (gpointer data);
void rw_ws_signaller_on_outage_over (gpointer data);

G_END_DECLS
