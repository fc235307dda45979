/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* When to try again. Pure: chance comes as an argument, 0 to 1. */

const FIRST_MS = 200;
const MAX_MS = 3000;

/* The n-th attempt, from 0: doubled each time, and a random half of it less,
 * so that many clients do not return at once. */
export const delayOf = (attempt, chance) => {
  const full = Math.min(FIRST_MS * 2 ** Math.min(attempt, 10), MAX_MS);
  return Math.round(full * (0.5 + chance / 2));
};
