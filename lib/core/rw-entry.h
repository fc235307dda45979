/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

#include "rw-grants.h"

G_BEGIN_DECLS

#define RW_ENTRY_SEED_BYTES 32

/** RwEntryKind: with what the body of each is. Numbers of the log: for ever. */
typedef enum {
  RW_ENTRY_CONNECT = 1,    /* grants */
  RW_ENTRY_DISCONNECT = 2, /* b: goodbye */
  RW_ENTRY_HANDLE = 3,     /* ay: the message's text */
  RW_ENTRY_FAIL = 4,       /* (sst): code, details, retry after */
  RW_ENTRY_WAKE = 5,       /* b: nothing */
  RW_ENTRY_NODE_DOWN = 6,  /* u: node */
  RW_ENTRY_QUALITY = 7,    /* (ssu): room, peer, quality */
  /* What a node did while it was alone: see rw-seats-merge.h. */
  RW_ENTRY_GONE = 8,         /* (st): peer, home */
  RW_ENTRY_CLIENT = 9,       /* RW_ENTRY_CLIENT_TYPE */
  RW_ENTRY_SESSION = 10,     /* (sss): session, producer, consumer */
  RW_ENTRY_SESSION_END = 11, /* s: session */
  RW_ENTRY_SAID = 12, /* (stbaay): peer, how much it has said, whether its
                         seat is new, what has not been handled yet */
} RwEntryKind;

/* Peer, state, home, last number sent, last number by the log, whether it is
 * new, whether its status is, what it was told. */
#define RW_ENTRY_CLIENT_TYPE "(s(a{sv}a{sv})tttbbat)"

/**
 * RwEntry:
 * @node: who made it
 * @n: its number there, from 1
 * @connection: for those that are of one
 * @time_us: by the log's clock, as far as @node knew it
 * @seed: what ids and tokens that it leads to are made from
 * @body: a GVariant of the kind's type
 *
 * What happened at a node, as it stands in a log. A plain value.
 */
typedef struct {
  RwEntryKind kind;
  guint32 node;
  guint64 n;
  guint64 connection;
  gint64 time_us;
  guint8 seed[RW_ENTRY_SEED_BYTES];
  GVariant *body;
} RwEntry;

GBytes *rw_entry_to_bytes (const RwEntry *self);
gboolean rw_entry_from_bytes (RwEntry *self, GBytes *bytes);
void rw_entry_clear (RwEntry *self);

char *rw_entry_make_uuid (const RwEntry *self, guint64 counter);
char *rw_entry_make_token (const RwEntry *self, guint64 counter);

GVariant *rw_entry_save_grants (const RwGrants *grants);
RwGrants *rw_entry_load_grants (GVariant *body);

/* What is stored reads the same on every machine. */
GBytes *rw_entry_store (GVariant *value);
GVariant *rw_entry_restore (const GVariantType *type, GBytes *bytes);

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (RwEntry, rw_entry_clear)

G_END_DECLS
