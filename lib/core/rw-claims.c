/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-claims.h"

void
rw_claims_add_now (RwClaims *claims, guint64 to)
{
  claims->claimed = MAX (claims->claimed, to);
}

/* Two are kept, the one that waits and the newest after it: their number must
 * not grow with what comes while one waits. */
void
rw_claims_add (RwClaims *claims, guint64 to, guint64 first_missing,
               gint64 due_us)
{
  RwClaim claim = {to, due_us};

  if (to <= claims->claimed)
    return;
  if (first_missing >= to)
    claims->claimed = to;
  else if (claims->pending.to == 0)
    claims->pending = claim;
  else if (to > claims->pending.to && to > claims->later.to)
    claims->later = claim;
}

gboolean
rw_claims_ripen (RwClaims *claims, gint64 now_us)
{
  guint64 before = claims->claimed;

  while (claims->pending.to != 0 && claims->pending.due_us <= now_us) {
    rw_claims_add_now (claims, claims->pending.to);
    claims->pending = claims->later;
    claims->later = (RwClaim){0};
  }
  return claims->claimed > before;
}

gint64
rw_claims_get_deadline (const RwClaims *claims)
{
  return claims->pending.to != 0 ? claims->pending.due_us : G_MAXINT64;
}
