-- SPDX-License-Identifier: LGPL-2.1-or-later
-- As much of Redis as the scripts of the cluster need, on a clock that the
-- simulation sets. A key is {kind, value}; a stream is {entries, last id}.
local db, expiry, kept = {}, {}, {{}, {}}
local scripts, commands = {}, {}
local now_us, run_id = 0, ''
local grown = 0 -- entries added to any stream

redis = {}

-- Values of an answer: a string, a number (an integer), false (nil), a table
-- (an array), {ok = text} (a status).
local function fail(text) error({err = text}, 0) end

local function find(key, kind)
  if expiry[key] and expiry[key] * 1000 <= now_us then
    db[key], expiry[key] = nil, nil
  end
  local value = db[key]
  if value and kind and value[1] ~= kind then
    fail('WRONGTYPE Operation against a key holding the wrong kind of value')
  end
  return value and value[2]
end

local function ensure(key, kind)
  if not find(key, kind) then db[key] = {kind, {}} end
  return db[key][2]
end

local function forget(key)
  redis.trace(key, 'all', nil)
  db[key], expiry[key] = nil, nil
end

local function forget_empty(key)
  if next(db[key][2]) == nil then forget(key) end
end

local function number(text)
  local n = tonumber(text)
  if not n then fail('ERR value is not an integer or out of range') end
  return n
end

local function print_number(n) return string.format('%.17g', n) end

-- Keys

function commands.EXISTS(key) return find(key) and 1 or 0 end

function commands.DEL(...)
  local n = 0
  for _, key in ipairs({...}) do
    if find(key) then n = n + 1 end
    forget(key)
  end
  return n
end

function commands.PEXPIRE(key, ms)
  if not find(key) then return 0 end
  expiry[key] = math.floor(now_us / 1000) + number(ms)
  return 1
end

function commands.PERSIST(key)
  if not find(key) or not expiry[key] then return 0 end
  expiry[key] = nil
  return 1
end

function commands.EXPIRE(key, s) return commands.PEXPIRE(key, s * 1000) end

function commands.KEYS()
  local keys = {}
  for key in pairs(db) do if find(key) then keys[#keys + 1] = key end end
  return keys
end

function commands.GET(key) return find(key, 'string') or false end

function commands.SET(key, value)
  forget(key)
  db[key] = {'string', value}
  return {ok = 'OK'}
end

function commands.INCR(key)
  local n = number(find(key, 'string') or 0) + 1
  db[key] = {'string', print_number(n)}
  return n
end

-- Hashes

function commands.HGET(key, field)
  local hash = find(key, 'hash')
  return hash and hash[field] or false
end

function commands.HMGET(key, ...)
  local hash, values = find(key, 'hash') or {}, {}
  for i, field in ipairs({...}) do values[i] = hash[field] or false end
  return values
end

function commands.HGETALL(key)
  local list = {}
  for field, value in pairs(find(key, 'hash') or {}) do
    list[#list + 1], list[#list + 2] = field, value
  end
  return list
end

function commands.HSET(key, ...)
  local hash, args, n = ensure(key, 'hash'), {...}, 0
  if #args % 2 ~= 0 then fail('ERR wrong number of arguments') end
  for i = 1, #args, 2 do
    if not hash[args[i]] then n = n + 1 end
    redis.check(key, args[i], hash[args[i]], args[i + 1])
    if hash[args[i]] ~= args[i + 1] then
      redis.trace(key, args[i], args[i + 1])
    end
    hash[args[i]] = args[i + 1]
  end
  return n
end

function commands.HDEL(key, ...)
  local hash, n = find(key, 'hash'), 0
  if not hash then return 0 end
  for _, field in ipairs({...}) do
    if hash[field] then
      n = n + 1
      redis.trace(key, field, nil)
    end
    hash[field] = nil
  end
  forget_empty(key)
  return n
end

function commands.HEXISTS(key, field)
  return commands.HGET(key, field) and 1 or 0
end

function commands.HLEN(key)
  local n = 0
  for _ in pairs(find(key, 'hash') or {}) do n = n + 1 end
  return n
end

function commands.HINCRBY(key, field, by)
  local n = number(commands.HGET(key, field) or 0) + number(by)
  commands.HSET(key, field, print_number(n))
  return n
end

-- Sets, sorted and not

function commands.SADD(key, ...)
  local set, n = ensure(key, 'set'), 0
  for _, member in ipairs({...}) do
    if not set[member] then n = n + 1 end
    set[member] = true
  end
  return n
end

local function remove(kind, key, ...)
  local set, n = find(key, kind), 0
  if not set then return 0 end
  for _, member in ipairs({...}) do
    if set[member] then n = n + 1 end
    set[member] = nil
  end
  forget_empty(key)
  return n
end

function commands.SREM(...) return remove('set', ...) end

function commands.SISMEMBER(key, member)
  return (find(key, 'set') or {})[member] and 1 or 0
end

function commands.SMEMBERS(key)
  local list = {}
  for member in pairs(find(key, 'set') or {}) do list[#list + 1] = member end
  table.sort(list)
  return list
end

function commands.ZADD(key, score, member)
  local set = ensure(key, 'zset')
  local is_new = not set[member]
  set[member] = number(score)
  return is_new and 1 or 0
end

function commands.ZREM(...) return remove('zset', ...) end

local function list_by_score(key, max)
  local set, list = find(key, 'zset') or {}, {}
  for member, score in pairs(set) do
    if score <= max then list[#list + 1] = member end
  end
  table.sort(list, function(a, b)
    return set[a] < set[b] or (set[a] == set[b] and a < b)
  end)
  return list
end

function commands.ZRANGE(key) return list_by_score(key, math.huge) end

function commands.ZRANGEBYSCORE(key, _, max)
  return list_by_score(key, max == '-inf' and -math.huge or number(max))
end

-- Streams

local function parse_id(text, seq)
  local first, second = string.match(text, '^(%d+)-?(%d*)$')
  if not first then fail('ERR Invalid stream ID') end
  return {tonumber(first), tonumber(second) or seq}
end

local function is_less(a, b)
  return a[1] < b[1] or (a[1] == b[1] and a[2] < b[2])
end

local function print_id(id)
  return string.format('%.0f-%.0f', id[1], id[2])
end

local function trim(stream, max)
  while #stream.entries > max do table.remove(stream.entries, 1) end
end

local function ensure_stream(key)
  local stream = ensure(key, 'stream')
  stream.entries = stream.entries or {}
  stream.last = stream.last or {0, 0}
  return stream
end

function commands.XADD(key, ...)
  local args, at = {...}, 1
  local stream = ensure_stream(key)
  local max
  if args[1] == 'MAXLEN' then
    max, at = number(args[3]), 4
  end
  local id = {math.floor(now_us / 1000), 0}
  if args[at] ~= '*' then
    id = parse_id(args[at], 0)
    if not is_less(stream.last, id) then
      fail('ERR The ID specified in XADD is equal or smaller than the target '
           .. 'stream top item')
    end
  elseif not is_less(stream.last, id) then
    id = {stream.last[1], stream.last[2] + 1}
  end
  local fields = {unpack(args, at + 1)}
  if #fields == 0 or #fields % 2 ~= 0 then
    fail('ERR wrong number of arguments')
  end
  stream.entries[#stream.entries + 1] = {id, fields}
  redis.trace_entry(key, print_id(id), fields)
  stream.last = id
  grown = grown + 1
  -- An approximate bound: Redis drops whole nodes of 100 entries.
  if max and #stream.entries >= max + 100 then trim(stream, max) end
  return print_id(id)
end

function commands.XLEN(key)
  local stream = find(key, 'stream')
  return stream and #stream.entries or 0
end

function commands.XTRIM(key, how, ...)
  local stream, args = find(key, 'stream'), {...}
  if not stream then return 0 end
  local before = #stream.entries
  if how == 'MAXLEN' then
    local max = number(args[#args])
    if before >= max + 100 then trim(stream, max) end
  else
    local min = parse_id(args[#args], 0)
    while stream.entries[1] and is_less(stream.entries[1][1], min) do
      table.remove(stream.entries, 1)
    end
  end
  return before - #stream.entries
end

function commands.XDEL(key, text)
  local stream, id = find(key, 'stream'), parse_id(text, 0)
  for i, entry in ipairs(stream and stream.entries or {}) do
    if not is_less(entry[1], id) and not is_less(id, entry[1]) then
      table.remove(stream.entries, i)
      return 1
    end
  end
  return 0
end

local function bound(text, seq)
  if text == '-' then return {0, 0}, false end
  if text == '+' then return {math.huge, math.huge}, false end
  local open = string.sub(text, 1, 1) == '('
  return parse_id(open and string.sub(text, 2) or text, seq), open
end

local function list_entries(key, low, high, count, step)
  local stream, list = find(key, 'stream'), {}
  local from, is_from_open = bound(low, 0)
  local to, is_to_open = bound(high, math.huge)
  local entries = stream and stream.entries or {}
  local first, last = 1, #entries
  if step < 0 then first, last = last, first end
  for i = first, last, step do
    local id = entries[i][1]
    local is_low = is_less(id, from) or
                   (is_from_open and not is_less(from, id))
    local is_high = is_less(to, id) or (is_to_open and not is_less(id, to))
    if #list < (count or math.huge) and not is_low and not is_high then
      list[#list + 1] = {print_id(id), entries[i][2]}
    end
  end
  return list
end

function commands.XRANGE(key, low, high, _, count)
  return list_entries(key, low, high, tonumber(count), 1)
end

function commands.XREVRANGE(key, high, low, _, count)
  return list_entries(key, low, high, tonumber(count), -1)
end

-- COUNT n BLOCK ms STREAMS key ... id ...; false: nothing yet.
function commands.XREAD(_, count, _, _, _, ...)
  local args, list = {...}, {}
  local n = #args / 2
  for i = 1, n do
    local entries = list_entries(args[i], '(' .. args[n + i], '+',
                                 tonumber(count), 1)
    if #entries > 0 then list[#list + 1] = {args[i], entries} end
  end
  return #list > 0 and list
end

-- Others

function commands.TIME()
  return {print_number(math.floor(now_us / 1000000)),
          print_number(now_us % 1000000)}
end

function commands.INFO() return '# Server\r\nrun_id:' .. run_id .. '\r\n' end

function commands.FLUSHALL()
  db, expiry = {}, {}
  return {ok = 'OK'}
end

-- As in Redis, a script sees what a client would, and numbers become text.
function redis.call(name, ...)
  local args = {...}
  for i, value in ipairs(args) do
    if type(value) == 'number' then args[i] = print_number(value) end
    if type(args[i]) ~= 'string' then
      fail('Lua redis lib command arguments must be strings or integers')
    end
  end
  if not commands[name] then fail('ERR unknown command ' .. name) end
  return commands[name](unpack(args))
end

-- The simulation

local function encode(value, parts)
  if type(value) == 'string' then
    parts[#parts + 1] = '$' .. #value .. '\r\n' .. value .. '\r\n'
  elseif type(value) == 'number' then
    parts[#parts + 1] = string.format(':%.0f\r\n', value < 0 and
                                      math.ceil(value) or math.floor(value))
  elseif type(value) == 'table' and value.ok then
    parts[#parts + 1] = '+' .. value.ok .. '\r\n'
  elseif type(value) == 'table' then
    parts[#parts + 1] = '*' .. #value .. '\r\n'
    for _, part in ipairs(value) do encode(part, parts) end
  elseif value == true then
    parts[#parts + 1] = ':1\r\n'
  else
    parts[#parts + 1] = '$-1\r\n'
  end
end

local function run_script(sha, _, ...)
  if not scripts[sha] then fail('NOSCRIPT No matching script') end
  ARGV, KEYS = {...}, {}
  return scripts[sha]()
end

-- What the command answers, as Redis' protocol has it, and the number of
-- entries that streams have been given so far.
function sim_run(name, ...)
  local func = commands[name]
  if name == 'EVALSHA' then func = run_script end
  local done, value = pcall(func, ...)
  if not done then
    local text = type(value) == 'table' and value.err or 'ERR ' .. value
    return '-' .. string.gsub(text, '[\r\n]', ' ') .. '\r\n', grown
  end
  local parts = {}
  encode(value, parts)
  return table.concat(parts), grown
end

function sim_load(sha, text)
  scripts[sha] = scripts[sha] or assert(loadstring(text, '=' .. sha))
end

function sim_set_time(us) now_us = us end

local function copy(value)
  if type(value) ~= 'table' then return value end
  local other = {}
  for k, v in pairs(value) do other[k] = copy(v) end
  return other
end

-- Redis begins again, with all it had, with what was kept, or with nothing.
function sim_restart(id, what)
  run_id = id
  if what == 'kept' then
    db, expiry = copy(kept[1]), copy(kept[2])
  elseif what == 'nothing' then
    db, expiry = {}, {}
  end
end

function sim_keep() kept = {copy(db), copy(expiry)} end

-- RW_SIM_KEY=p:client:<id>: what is written there.
local traced = os.getenv('RW_SIM_KEY')
function redis.trace(key, field, value)
  if key ~= traced then return end
  io.stderr:write(string.format('%8.3f   %s of %s: %s\n',
                                now_us / 1000000 - 1000, field,
                                tostring(ARGV and ARGV[2]),
                                string.sub(tostring(value), 1, 20)))
end

-- RW_SIM_STREAMS=mailbox: entries of streams whose key has that.
local streams = os.getenv('RW_SIM_STREAMS')
function redis.trace_entry(key, id, fields)
  if not streams or not string.find(key, streams) then return end
  local text = string.gsub(table.concat(fields, ' '), '[^ -~]', '.')
  io.stderr:write(string.format('%8.3f   %s %s: %s\n',
                                now_us / 1000000 - 1000, key, id,
                                string.sub(text, 1, 300)))
end

-- A generation never goes back: a home that is over does not write.
function redis.check(key, field, old, new)
  if field == 'generation' and old and tonumber(old) > tonumber(new) then
    fail('FENCE ' .. key .. ' had generation ' .. old .. ', not ' .. new)
  end
end
