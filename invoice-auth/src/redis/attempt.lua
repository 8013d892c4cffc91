-- Counts an attempt by each key, or answers how many milliseconds the slowest of them has to wait.
-- The rules are those of the counters in process; the clock is the server's, so that all processes have one.
local free, longest, most = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local wait, found = 0, {}
for i, key in ipairs(KEYS) do
    local kept = redis.call('HMGET', key, 'failures', 'last')
    local failures, last = tonumber(kept[1]) or 0, tonumber(kept[2]) or now
    if last > now then
        last = now
        redis.call('HSET', key, 'last', now)
    end
    failures = math.max(0, failures - math.floor((now - last) / longest))
    if failures >= free then
        wait = math.max(wait, last + math.min(1000 * 2 ^ (failures - free), longest) - now)
    end
    found[i] = { failures, last }
end
if wait > 0 then
    return wait
end
for i, key in ipairs(KEYS) do
    local failures = math.min(found[i][1] + 1, most)
    redis.call('HSET', key, 'failures', failures, 'last', now, 'before', found[i][2])
    redis.call('PEXPIRE', key, failures * longest)
end
return 0
