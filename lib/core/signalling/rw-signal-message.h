/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "rw-ice-server.h"
#include "rw-quality.h"
#include "rw-session-request.h"
#include "rw-signal-schema.h"

G_BEGIN_DECLS

/** The version of our extension that is spoken here. */
#define RW_SIGNAL_EXTENSION_VERSION 1

/** RwSignalPeer: one entry of a list; @meta is JSON text, NULL for null. */
typedef struct {
  char *id;
  GRefString *meta;
} RwSignalPeer;

/* The C types of the kinds. */
#define RW_SIGNAL_DECLARE_STRING(field)      char *field
#define RW_SIGNAL_DECLARE_ID(field)          char *field
#define RW_SIGNAL_DECLARE_JSON(field)        GRefString *field
#define RW_SIGNAL_DECLARE_UINT(field)        guint64 field
#define RW_SIGNAL_DECLARE_DECIMAL(field)     guint64 field
#define RW_SIGNAL_DECLARE_BOOL(field)        gboolean field
#define RW_SIGNAL_DECLARE_NEGATED(field)     gboolean field
#define RW_SIGNAL_DECLARE_ENUM(field)        guint field
#define RW_SIGNAL_DECLARE_FLAGS(field)       guint field
#define RW_SIGNAL_DECLARE_PEERS(field)       GPtrArray *field
#define RW_SIGNAL_DECLARE_ICE_SERVERS(field) GPtrArray *field
#define RW_SIGNAL_DECLARE_MAYBE_UINT(field)                                    \
  guint64 field;                                                               \
  gboolean has_##field

/**
 * RwSignalMessage:
 * @type: decides which of the fields count; the others are NULL or 0
 * @expires_us: never saved nor sent: when its sender withdraws it, on the
 *   sender's clock; G_MAXINT64 for never
 * @request: startSession between resilient peers: its consumer_id is NULL where
 *   there is none
 * @quality: reportQuality
 *
 * A signalling message, in either direction, at the client and in the server.
 * The other fields are those of rw-signal-messages.def. Reference-counted, as
 * one message goes to many listeners. A message that was given away must not
 * be changed. Of one thread at a time.
 */
typedef struct {
  guint ref_count;
  RwSignalType type;
  gint64 expires_us;
  RwSessionRequest request;
  RwQualityMetrics quality;
#define TYPE(...)
#define END_TYPE
#define FIELD(kind, field, ...) RW_SIGNAL_DECLARE_##kind (field);
#define ALSO(...)
#define PART(...)
#define COMMON(kind, field, ...) RW_SIGNAL_DECLARE_##kind (field);
#define HIDDEN(kind, field)      RW_SIGNAL_DECLARE_##kind (field);
#include "rw-signal-messages.def"
#undef TYPE
#undef END_TYPE
#undef FIELD
#undef ALSO
#undef PART
#undef COMMON
#undef HIDDEN
} RwSignalMessage;

RwSignalMessage *rw_signal_message_new (RwSignalType type);
RwSignalMessage *rw_signal_message_ref (RwSignalMessage *self);
void rw_signal_message_unref (RwSignalMessage *self);
gsize rw_signal_message_get_length (const RwSignalMessage *self);

void rw_signal_message_set_meta (RwSignalMessage *self, GRefString *meta);
void rw_signal_message_set_request (RwSignalMessage *self,
                                    const RwSessionRequest *request);

GPtrArray *rw_signal_peers_new (void);
void rw_signal_peers_add (GPtrArray *peers, const char *id, GRefString *meta);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (RwSignalMessage, rw_signal_message_unref)

G_END_DECLS
