/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-redis-scripts.h"

#define BEFORE                                                                 \
  "local function before(a, b)\n"                                              \
  "  local am, as = string.match(a, '^(%d+)-(%d+)$')\n"                        \
  "  local bm, bs = string.match(b, '^(%d+)-(%d+)$')\n"                        \
  "  am, as, bm, bs = tonumber(am), tonumber(as), tonumber(bm), "              \
  "tonumber(bs)\n"                                                             \
  "  return am < bm or (am == bm and as < bs)\n"                               \
  "end\n"

/* A state that is put back ends what the others know, so it has to be the best
 * there is. Each node that would says how far it has read, and for some time
 * nobody does it; then the one that has read furthest. */
#define ELECT                                                                  \
  "local function elected()\n"                                                 \
  "  local best = redis.call('GET', KEYS[5])\n"                                \
  "  if not best or not string.match(best, '^%d+-%d+$') then\n"                \
  "    redis.call('SET', KEYS[5], ARGV[3], 'PX', 10000)\n"                     \
  "    return false\n"                                                         \
  "  end\n"                                                                    \
  "  if before(best, ARGV[3]) then\n"                                          \
  "    redis.call('SET', KEYS[5], ARGV[3], 'KEEPTTL')\n"                       \
  "    best = ARGV[3]\n"                                                       \
  "  end\n"                                                                    \
  "  return not before(ARGV[3], best) and\n"                                   \
  "         redis.call('PTTL', KEYS[5]) <= 10000 - tonumber(ARGV[6])\n"        \
  "end\n"

/* Nobody appends to a log that is not there (rw-redis-writer.c), and its first
 * entry says which it is: who has read another must not go on with this one. */
#define BEGIN_LOG                                                              \
  "local function begin_log(epoch)\n"                                          \
  "  redis.call('XADD', KEYS[2], '*', 'epoch', epoch)\n"                       \
  "end\n"

/* Who is elected says so again and again while its state is on its way, so its
 * candidature does not run out by itself. */
#define STAY_ELECTED                                                           \
  "local function stay_elected()\n"                                            \
  "  redis.call('PEXPIRE', KEYS[5], 10000 - tonumber(ARGV[6]))\n"              \
  "end\n"

/* A key that somebody else has made, of another kind: its name, what it is,
 * what it should be. */
#define FIND_FOREIGN                                                           \
  "local function find_foreign()\n"                                            \
  "  local kinds = {'string', 'stream', 'hash', false, 'string', 'string'}\n"  \
  "  for i, kind in ipairs(kinds) do\n"                                        \
  "    local found = redis.call('TYPE', KEYS[i])['ok']\n"                      \
  "    if kind and found ~= 'none' and found ~= kind then\n"                   \
  "      return {'', '', '0-0', KEYS[i], found, kind}\n"                       \
  "    end\n"                                                                  \
  "  end\n"                                                                    \
  "end\n"

const char *const rw_redis_script_join =
    BEFORE ELECT STAY_ELECTED BEGIN_LOG FIND_FOREIGN
    "local foreign = find_foreign()\n"
    "if foreign then return foreign end\n"
    "local epoch = redis.call('GET', KEYS[1])\n"
    "local last = '0-0'\n"
    "local is_there = redis.call('EXISTS', KEYS[2]) == 1\n"
    "if is_there then\n"
    "  local info = redis.call('XINFO', 'STREAM', KEYS[2])\n"
    "  for i = 1, #info, 2 do\n"
    "    if info[i] == 'last-generated-id' then last = info[i + 1] end\n"
    "  end\n"
    "end\n"
    "redis.call('SET', KEYS[4], '1', 'PX', ARGV[5])\n"
    "if not epoch or (epoch == ARGV[1] and before(last, ARGV[3])) then\n"
    "  if not elected() then return {'', '', '0-0'} end\n"
    "  if ARGV[4] == '0' or\n"
    "     redis.call('STRLEN', KEYS[7]) ~= tonumber(ARGV[4]) then\n"
    "    stay_elected()\n"
    "    return {'', 'wanted', '0-0'}\n"
    "  end\n"
    "  redis.call('DEL', KEYS[2], KEYS[3], KEYS[5])\n"
    "  redis.call('RENAME', KEYS[7], KEYS[6])\n"
    "  redis.call('PERSIST', KEYS[6])\n"
    "  redis.call('HSET', KEYS[3], 'from', '0-0', 'forgotten', '0-0')\n"
    "  redis.call('SET', KEYS[1], ARGV[2])\n"
    "  begin_log(ARGV[2])\n"
    "  return {ARGV[2], '', '0-0'}\n"
    "end\n"
    "if not is_there then begin_log(epoch) end\n"
    "local snapshot = redis.call('HMGET', KEYS[3], 'from', 'forgotten')\n"
    "if epoch == ARGV[1] and\n"
    "   not (snapshot[2] and before(ARGV[3], snapshot[2])) and\n"
    "   (ARGV[3] == '0-0' or ARGV[3] == snapshot[2] or\n"
    "    #redis.call('XRANGE', KEYS[2], ARGV[3], ARGV[3]) == 1) then\n"
    "  return {epoch, '', ARGV[3]}\n"
    "end\n"
    "local size = redis.call('STRLEN', KEYS[6])\n"
    "redis.call('SET', KEYS[4], '1', 'PX',\n"
    "           tonumber(ARGV[5]) + math.floor(size / 256))\n"
    "return {epoch, redis.call('GET', KEYS[6]), snapshot[1]}\n";

/* Nothing is forgotten that the snapshot does not hold. */
const char *const rw_redis_script_snapshot =
    BEFORE "if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end\n"
           "local from = redis.call('HGET', KEYS[3], 'from')\n"
           "if from and before(ARGV[3], from) then return 0 end\n"
           "if redis.call('STRLEN', KEYS[5]) ~= tonumber(ARGV[2]) then\n"
           "  return redis.error_reply('the state was not kept')\n"
           "end\n"
           "redis.call('RENAME', KEYS[5], KEYS[4])\n"
           "redis.call('PERSIST', KEYS[4])\n"
           "local forgotten = redis.call('XREVRANGE', KEYS[2],\n"
           "    '(' .. ARGV[4], '-', 'COUNT', 1)[1]\n"
           "redis.call('HSET', KEYS[3], 'from', ARGV[3])\n"
           "if forgotten then\n"
           "  redis.call('HSET', KEYS[3], 'forgotten', forgotten[1])\n"
           "end\n"
           "redis.call('XTRIM', KEYS[2], 'MINID', ARGV[4])\n"
           "return 1\n";

/* One entry after the other, since nobody knows how long the next one is. */
const char *const rw_redis_script_read =
    BEFORE "local forgotten = redis.call('HGET', KEYS[2], 'forgotten')\n"
           "if forgotten and before(ARGV[1], forgotten) then\n"
           "  return redis.error_reply('the log begins behind ' .. ARGV[1])\n"
           "end\n"
           "local entries, bytes, from = {}, 0, ARGV[1]\n"
           "local max_entries = tonumber(ARGV[2])\n"
           "local max_bytes = tonumber(ARGV[3])\n"
           "while #entries < max_entries and bytes < max_bytes do\n"
           "  local found = redis.call('XRANGE', KEYS[1], '(' .. from, '+',\n"
           "                           'COUNT', 1)[1]\n"
           "  if not found then return {entries, 0} end\n"
           "  entries[#entries + 1] = found\n"
           "  from = found[1]\n"
           "  for _, text in ipairs(found[2]) do bytes = bytes + #text end\n"
           "end\n"
           "return {entries, 1}\n";
