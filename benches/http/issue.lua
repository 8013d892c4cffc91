-- Creates drafts, one team after the other, and publishes each once its answer is there. Only what was published
-- counts. A file has three texts for each team, all separated by NUL: the request that creates, and what stands before
-- and behind a draft's identifier in the one that publishes. The team's place is the identifier of the first request,
-- which the answer repeats.

local teams, waiting, first, last, turn = {}, {}, 1, 0, 0
local threads = {}
issued = 0

function setup(thread)
  threads[#threads + 1] = thread
end

function init(args)
  local texts = {}
  for text in io.open(args[1], "rb"):read("*a"):gmatch("[^%z]+") do
    texts[#texts + 1] = text
  end
  for place = 1, #texts, 3 do
    teams[#teams + 1] = { create = texts[place], before = texts[place + 1], behind = texts[place + 2] }
  end
end

function request()
  if first <= last then
    local publish = waiting[first]
    waiting[first] = nil
    first = first + 1
    return publish
  end
  turn = turn % #teams + 1
  return teams[turn].create
end

function response(status, headers)
  if status == 201 then
    local team = teams[tonumber(headers["x-request-id"])]
    last = last + 1
    waiting[last] = team.before .. headers["location"]:match("[^/]+$") .. team.behind
  elseif status == 200 then
    issued = issued + 1
  end
end

function done(summary, latency)
  local wrong, count = summary.errors, 0
  for _, thread in ipairs(threads) do
    count = count + thread:get("issued")
  end
  local failed = wrong.connect + wrong.read + wrong.write + wrong.timeout
  io.write(string.format("\nmeasured %d %d %d %d %d\n", count, summary.duration, latency:percentile(99),
    wrong.status, failed))
end
