/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "rw-signal-types.h"

G_BEGIN_DECLS

/* The members of each type of message: the table made of
 * rw-signal-messages.def, by which messages are read, written, saved and
 * freed. Constant; any thread. */

/** Ids of peers, sessions, clients and rooms are at most so many bytes. */
#define RW_SIGNAL_MAX_ID 256

/** Of a request for the floor. */
#define RW_SIGNAL_MAX_PRIORITY 255

/**
 * RwSignalKind: what a member is, on the wire and in the struct
 * @RW_SIGNAL_KIND_STRING: a char *; NULL for null
 * @RW_SIGNAL_KIND_ID: the same, of 1 to RW_SIGNAL_MAX_ID bytes
 * @RW_SIGNAL_KIND_JSON: a GRefString * with the JSON text of any value; NULL
 *   for null
 * @RW_SIGNAL_KIND_UINT: a guint64; a number, read from a decimal string, too
 * @RW_SIGNAL_KIND_MAYBE_UINT: the same, followed by a gboolean has_...
 * @RW_SIGNAL_KIND_DECIMAL: a guint64, written as a decimal string, as it may
 *   exceed 2^53
 * @RW_SIGNAL_KIND_NUMBER: a double from 0
 * @RW_SIGNAL_KIND_BOOL: a gboolean
 * @RW_SIGNAL_KIND_NEGATED: a gboolean that is the opposite of the JSON one,
 *   which is true where it is absent
 * @RW_SIGNAL_KIND_ENUM: a guint, the index of a word
 * @RW_SIGNAL_KIND_FLAGS: a guint, a bit for each word; an array of them
 * @RW_SIGNAL_KIND_PEERS: a GPtrArray of RwSignalPeer; NULL for none given
 * @RW_SIGNAL_KIND_ICE_SERVERS: a GPtrArray of RwIceServer; NULL for none given
 */
typedef enum {
  RW_SIGNAL_KIND_STRING,
  RW_SIGNAL_KIND_ID,
  RW_SIGNAL_KIND_JSON,
  RW_SIGNAL_KIND_UINT,
  RW_SIGNAL_KIND_MAYBE_UINT,
  RW_SIGNAL_KIND_DECIMAL,
  RW_SIGNAL_KIND_NUMBER,
  RW_SIGNAL_KIND_BOOL,
  RW_SIGNAL_KIND_NEGATED,
  RW_SIGNAL_KIND_ENUM,
  RW_SIGNAL_KIND_FLAGS,
  RW_SIGNAL_KIND_PEERS,
  RW_SIGNAL_KIND_ICE_SERVERS,
} RwSignalKind;

/**
 * RwSignalNeed: null is the same as absent
 * @RW_SIGNAL_REQUIRED: a message without it is refused
 * @RW_SIGNAL_OPTIONAL: may be absent; always written
 * @RW_SIGNAL_IF_SET: may be absent; not written where it is NULL, 0 or FALSE
 */
typedef enum {
  RW_SIGNAL_REQUIRED,
  RW_SIGNAL_OPTIONAL,
  RW_SIGNAL_IF_SET,
} RwSignalNeed;

/** RwSignalDirection: who sends it. */
typedef enum {
  RW_SIGNAL_TO_SERVER,
  RW_SIGNAL_FROM_SERVER,
  RW_SIGNAL_BOTH_WAYS,
} RwSignalDirection;

/** RwSignalProtocol: of the GStreamer Rust plugins, or our extension, which is
 * for peers that requested resumption. */
typedef enum {
  RW_SIGNAL_PLAIN,
  RW_SIGNAL_EXTENSION,
} RwSignalProtocol;

/**
 * RwSignalMember:
 * @name: on the wire
 * @offset: of the field in RwSignalMessage
 * @object: (nullable): the object within the message that holds the member;
 *   absent altogether where none of its members is set
 * @with: (nullable): an earlier member. Written only where that one is set. One
 *   that is REQUIRED is so where that one is present, and else refused.
 * @old_name: (nullable): accepted in place of @name
 * @words: (nullable): of ENUM and FLAGS; NULL-terminated
 * @min: of UINT
 * @max: of UINT and NUMBER; 0 for no limit
 * @absent: of NUMBER: what it is where it is absent
 */
typedef struct {
  const char *name;
  RwSignalKind kind;
  RwSignalNeed need;
  gsize offset;
  const char *object;
  const char *with;
  const char *old_name;
  const char *const *words;
  guint64 min;
  guint64 max;
  double absent;
} RwSignalMember;

/**
 * RwSignalSchema: of a type of message
 * @members: until one without a name
 * @one_object: exactly one of the objects is there
 * @is_unnumbered: has none of the common members
 * @needs_ack: the common "ack" must be there
 */
typedef struct {
  const char *name;
  RwSignalDirection direction;
  RwSignalProtocol protocol;
  const RwSignalMember *members;
  gboolean one_object;
  gboolean is_unnumbered;
  gboolean needs_ack;
} RwSignalSchema;

const RwSignalSchema *rw_signal_schema_get (RwSignalType type);
const RwSignalMember *rw_signal_schema_get_common (void);
gboolean rw_signal_schema_find (const char *name, RwSignalType *type);

const char *rw_signal_type_to_string (RwSignalType type);

gboolean rw_signal_member_is_set (const RwSignalMember *self,
                                  gconstpointer message);

G_END_DECLS
