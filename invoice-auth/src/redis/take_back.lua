-- Takes the last attempt back by the keys that are marked, and forgets the others.
local longest = tonumber(ARGV[1])
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
for i, key in ipairs(KEYS) do
    local kept = redis.call('HMGET', key, 'failures', 'before')
    local failures, before = (tonumber(kept[1]) or 0) - 1, tonumber(kept[2]) or now
    local left = before + failures * longest - now
    if ARGV[i + 1] == '1' and failures > 0 and left > 0 then
        redis.call('HSET', key, 'failures', failures, 'last', before)
        redis.call('PEXPIRE', key, left)
    else
        redis.call('DEL', key)
    end
end
return 0
