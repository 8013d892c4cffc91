-- Counts one more in a sliding window, if it has room. The window slides over the counts of the present and the last
-- one, weighted by how much of each it covers; the clock is the server's, so that all processes have one.
-- Answers what was counted before, and how much of the present window is over.
local most, millis = tonumber(ARGV[1]), tonumber(ARGV[2])
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local window, over = math.floor(now / millis), now % millis
local kept = redis.call('HMGET', KEYS[1], 'window', 'present', 'last')
local present, last = tonumber(kept[2]) or 0, tonumber(kept[3]) or 0
local passed = window - (tonumber(kept[1]) or window)
if passed == 1 then
    present, last = 0, present
elseif passed > 1 then
    present, last = 0, 0
end
-- Rounded up: a window never lets more through than it says.
if math.ceil(last * (millis - over) / millis) + present < most then
    redis.call('HSET', KEYS[1], 'window', window, 'present', present + 1, 'last', last)
    redis.call('PEXPIRE', KEYS[1], 2 * millis - over)
end
return { last, present, over }
