-- Plays the calls of scenario.py on the Lua players' core: lua play.lua FOLDER CALLS. Time and
-- sound are numbers here.
package.path = arg[1] .. "/?.lua;" .. package.path
local core = require("chipassets_core")
local now = 0
local voices = {}
local backend = {now = function() return now end, warn = function(text) print("warn\t" .. text) end}

function backend.start(track, sample)
  print(("start\t%s\t%d\t%.6f"):format(track.files[1], sample, now))
  local voice = {track = track, began = now - sample / track.rate, gains = {}}
  function voice:position() return (now - self.began) * track.rate end
  function voice:set_gain(layer, gain) self.gains[layer] = gain end
  function voice:stop() voices[self] = nil end
  voices[voice] = true
  return voice
end

local music, saved = core.new(require("tracks"), backend)
local calls = {}
for line in io.lines(arg[2]) do
  local words = {}
  for word in (line .. "\t"):gmatch("(.-)\t") do table.insert(words, word) end
  table.insert(calls, words)
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
  stop = function(fade) music:stop(tonumber(fade)) end,
  save = function() saved = music:state() end,
  restore = function() print("restored\t" .. tostring(music:restore(saved))) end,
  refuse = function() print("restored\t" .. tostring(music:restore(7))) end,
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
  while calls[1] and tonumber(calls[1][1]) <= now do
    local row = table.remove(calls, 1)
    said[row[2]](unpack(row, 3))
  end
  music:update()
  frame = frame + 1
end
