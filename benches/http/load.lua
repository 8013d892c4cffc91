-- Sends the requests of a file, which are separated by NUL, one after the other and again from the start.
-- The same ending as of issue.lua: one line for the benchmark.

local requests, turn = {}, 0

function init(args)
  for text in io.open(args[1], "rb"):read("*a"):gmatch("[^%z]+") do
    requests[#requests + 1] = text
  end
end

function request()
  turn = turn % #requests + 1
  return requests[turn]
end

function done(summary, latency)
  local wrong = summary.errors
  local failed = wrong.connect + wrong.read + wrong.write + wrong.timeout
  io.write(string.format("\nmeasured %d %d %d %d %d\n", summary.requests, summary.duration,
    latency:percentile(99), wrong.status, failed))
end
