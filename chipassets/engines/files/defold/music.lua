-- The music in Defold:
--
--   local music = require("chipassets.music")
--   function update(self, dt) music:update() end   -- in one script, of the object music.go
--   music:enter("overworld")
--
-- The sound components lie in /chipassets/music.go; put it into the collection that is always
-- loaded as an object with the id "music". Defold loops whole sounds only: where there is an intro,
-- the loop is started by the clock when the intro ends, which is exact to the frame.

local core = require("chipassets.chipassets_core")
local tracks = require("chipassets.tracks")

local OBJECT = "/music"

local Voice = {}
Voice.__index = Voice

local voices = {}
local backend = {now = socket.gettime, warn = print}

local function url(track, layer, part)
  local name = track.name:gsub("-", "_")
  return msg.url(nil, OBJECT, ("%s_%d_%s"):format(name, layer, part))
end

local function play(voice, part)
  for layer = 1, #voice.track.files do
    sound.play(url(voice.track, layer, part), {gain = voice.gains[layer] or 0})
  end
  voice.part = part
end

-- A track begins anew even where it was left: Defold starts a sound at its first sample.
function backend.start(track, _)
  local voice = setmetatable({track = track, gains = {}, began = socket.gettime()}, Voice)
  play(voice, track.has_intro and "intro" or "whole")
  table.insert(voices, voice)
  return voice
end

-- Defold tells no place in a sound: the clock does.
function Voice:position()
  return ((self.paused_at or socket.gettime()) - self.began) * self.track.rate
end

function Voice:pause()
  self.paused_at = socket.gettime()
  for layer = 1, #self.track.files do sound.pause(url(self.track, layer, self.part), true) end
end

function Voice:resume()
  self.began, self.paused_at = self.began + socket.gettime() - self.paused_at, nil
  for layer = 1, #self.track.files do sound.pause(url(self.track, layer, self.part), false) end
end

function Voice:set_gain(layer, gain)
  self.gains[layer] = gain
  sound.set_gain(url(self.track, layer, self.part), gain)
end

function Voice:stop()
  for layer = 1, #self.track.files do sound.stop(url(self.track, layer, self.part)) end
  self.is_stopped = true
end

local music = core.new(tracks, backend)
local decide = music.update

-- Update the music; call it once a frame.
function music:update()
  decide(self)
  for i = #voices, 1, -1 do
    local voice = voices[i]
    if voice.is_stopped then
      table.remove(voices, i)
    elseif voice.part == "intro" and voice:position() >= voice.track.loop_start then
      play(voice, "loop")
    end
  end
end

return music
