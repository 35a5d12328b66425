-- Plays the calls of scenario.py on the Lua players' core: lua play.lua FOLDER CALLS [SECONDS]. Time
-- and sound are numbers here. SECONDS: what it takes to decode a track.
package.path = arg[1] .. "/?.lua;" .. package.path
local core = require("chipassets_core")
local now, stalled, stalls_until = 0, 0, 0
local voices = {}
local backend = {now = function() return now end, warn = function(text) print("warn\t" .. text) end}

function backend.start(track, sample)
  print(("start\t%s\t%d\t%.6f"):format(track.files[1], sample, now))
  local function heard() return now - stalled end
  local voice = {track = track, began = heard() - sample / track.rate, gains = {}}
  function voice:position() return ((self.paused_at or heard()) - self.began) * track.rate end
  function voice:pause() self.paused_at = heard() end
  function voice:resume() self.began, self.paused_at = self.began + heard() - self.paused_at, nil end
  function voice:set_gain(layer, gain) self.gains[layer] = gain end
  function voice:stop() voices[self] = nil end
  voices[voice] = true
  return voice
end

local asked, decoding = {}, tonumber(arg[3])
if decoding then
  function backend.is_ready(track)
    asked[track] = asked[track] or now
    return now >= asked[track] + decoding
  end
end

local music, saved = core.new(require("tracks"), backend)
local calls = {}
for line in io.lines(arg[2]) do
  local words = {}
  for word in (line .. "\t"):gmatch("(.-)\t") do table.insert(words, word) end
  table.insert(calls, words)
end

-- A table as JSON and back; the names of fields are words.
local function json(value)
  if type(value) ~= "table" then
    return type(value) == "string" and ("%q"):format(value) or tostring(value)
  end
  local parts, is_list = {}, next(value) == nil or value[1] ~= nil
  for key, one in pairs(value) do
    table.insert(parts, is_list and json(one) or ('"%s": %s'):format(key, json(one)))
  end
  return (is_list and "[%s]" or "{%s}"):format(table.concat(parts, ", "))
end

local function parsed(text)
  local literal = text:gsub("%[", "{"):gsub("%]", "}"):gsub('("[^"]*"):', "[%1] ="):gsub("null", "nil")
  return loadstring("return " .. literal)()
end

local function given(word) return word ~= "" and word or nil end

local said = {
  enter = function(scene, when, fade, how, moods)
    local list = {}
    for mood in moods:gmatch("[^,]+") do table.insert(list, mood) end
    music:enter(scene, {when = given(when), fade = tonumber(fade), how = given(how), moods = list})
  end,
  leave = function(when, fade, how)
    music:leave({when = given(when), fade = tonumber(fade), how = given(how)})
  end,
  sting = function(name, when, priority) music:sting(name, when, tonumber(priority)) end,
  intensity = function(level, fade, when) music:intensity(tonumber(level), tonumber(fade), when) end,
  duck = function(db, fade) music:duck(tonumber(db), tonumber(fade)) end,
  pause = function() music:pause() end,
  resume = function() music:resume() end,
  stall = function(seconds) stalls_until = now + tonumber(seconds) end,
  stop = function(fade) music:stop(tonumber(fade)) end,
  slip = function(scene)
    music:sting("victroy")
    music:enter(scene, {when = "bars", how = "fead", fade_ms = 100})
  end,
  mistake = function()
    music:enter(5)
    music:enter("title", "bar")
    music:enter("title", {moods = 5})
    music:leave({whn = "bar"})
    music:intensity("loud")
    music:intensity(0.25, {when = "bar"})
    music:duck(0, "slowly")
    music:sting(5)
    music:sting("title", "now", "high")
  end,
  save = function()
    saved = music:state()
    local text = json(saved)
    if not saved.playing then text = text:gsub("}$", ', "playing": null}') end
    for _, entry in ipairs(saved.scenes) do
      if not entry.track then text = text:gsub('{("[^{}]-"sample": 0[^{}]-)}', '{%1, "track": null}', 1) end
    end
    print("state\t" .. text)
  end,
  restore = function() print("restored\t" .. tostring(music:restore(saved))) end,
  playing = function()
    local there = music:playing()
    print("playing\t" .. (there and there.track or "-"))
  end,
  worn = function()
    for _, entry in ipairs(saved.scenes) do entry.sample = 400000000 end
    print("restored\t" .. tostring(music:restore(saved)))
  end,
  refuse = function(text) print("restored\t" .. tostring(music:restore(parsed(text)))) end,
  gains = function()
    for voice in pairs(voices) do
      for layer, gain in ipairs(voice.gains) do
        print(("gain\t%s\t%.6f"):format(voice.track.files[layer], gain))
      end
    end
  end,
  ["end"] = function() end,
}

local frame = 0
while #calls > 0 do
  now = frame / 100
  if now <= stalls_until then stalled = stalled + 0.01 end
  while calls[1] and tonumber(calls[1][1]) <= now do
    local row = table.remove(calls, 1)
    said[row[2]](unpack(row, 3))
  end
  music:update()
  frame = frame + 1
end
