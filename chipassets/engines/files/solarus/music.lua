-- The music in Solarus 1.6:
--
--   local music = require("scripts/chipassets/music")
--   music:enter("overworld")
--
-- Solarus plays one piece at a time and tells no place in it: changes come at once, a scene that is
-- come back to begins anew, and layers sound as the whole track. Its OGG reader keeps the loops.

local tracks = require("scripts/chipassets/tracks")

local LEVELS = {shop = 1, battle = 2, boss = 2, victory = 2, menu = 3}
local FOLDER = "chipassets/"

local music = {stack = {}, current = nil}

local function level(scene) return LEVELS[scene] or 0 end

-- The scene's track with the most of the moods; the first of equals.
local function choose(scene, moods)
  local best, most
  for _, track in ipairs(tracks) do
    if track.scene == scene then
      local wanted, shared = {}, 0
      for _, mood in ipairs(moods) do wanted[mood] = true end
      for _, mood in ipairs(track.moods) do if wanted[mood] then shared = shared + 1 end end
      local likeness = #moods > 0 and shared * 100 - (#track.moods - shared) or 0
      if not best or likeness > most then best, most = track, likeness end
    end
  end
  return best
end

-- A track of that name, or of that scene: the one that matches what plays goes first.
local function find(name, playing)
  local by_scene
  for _, track in ipairs(tracks) do
    if track.name == name then return track end
  end
  for _, track in ipairs(tracks) do
    if track.scene == name then
      if playing and track.match == playing.name then return track end
      by_scene = by_scene or track
    end
  end
  return by_scene
end

-- The edit distance of two words: letters to change, insert or remove.
local function distance(one, other)
  local row = {}
  for j = 0, #other do row[j] = j end
  for i = 1, #one do
    local corner = row[0]
    row[0] = i
    for j = 1, #other do
      local changed = corner + (one:byte(i) == other:byte(j) and 0 or 1)
      corner, row[j] = row[j], math.min(row[j] + 1, row[j - 1] + 1, changed)
    end
  end
  return row[#other]
end

-- A hint for an unknown name: the nearest scene or track, or the names that there are.
local function meant(name, with_tracks)
  local names, seen = {}, {}
  for _, key in ipairs(with_tracks and {"scene", "name"} or {"scene"}) do
    for _, track in ipairs(tracks) do
      if not seen[track[key]] then table.insert(names, track[key]) end
      seen[track[key]] = true
    end
  end
  local best, least
  for _, one in ipairs(names) do
    local far = distance(name, one)
    if not least or far < least then best, least = one, far end
  end
  if best and 2 * least <= #name then return "did you mean '" .. best .. "'?" end
  return "there are: " .. table.concat(names, ", ")
end

local told = {}

local function tell(text)
  if not told[text] then print("chipassets: " .. text) end
  told[text] = true
end

local function play(track, after)
  if track.loops and not after then
    sol.audio.play_music(FOLDER .. track.name, true)
  else
    local at_end = function() if music.current == track then music.is_over = true end end
    sol.audio.play_music(FOLDER .. track.name, after or at_end)
  end
end

local function follow()
  local top = music.stack[#music.stack]
  local track = top and choose(top.scene, top.moods)
  if top and not track then
    tell("no track serves the scene '" .. top.scene .. "', the music stays; " .. meant(top.scene))
  elseif track and track ~= music.current then
    music.current, music.sting_of, music.is_over = track, nil, false
    play(track)
  end
end

-- Enter a scene: over those of lower levels, in place of one of its level, or back to a kept one.
function music:enter(scene, options)
  if type(scene) ~= "string" then
    return tell("enter() takes the name of a scene, not a " .. type(scene))
  end
  local moods = type(options) == "table" and options.moods or {}
  if options ~= nil and type(options) ~= "table" then
    tell("enter() takes its options in a table, as {moods = {\"dark\"}}, not as a " .. type(options))
  end
  if type(moods) == "string" then moods = {moods} end
  if type(moods) ~= "table" then
    tell("moods are a list of names, not a " .. type(moods))
    moods = {}
  end
  for i, entry in ipairs(self.stack) do
    if entry.scene == scene then
      while #self.stack > i do table.remove(self.stack) end
      entry.moods = moods
      return follow()
    end
  end
  while #self.stack > 0 and level(self.stack[#self.stack].scene) >= level(scene) do
    table.remove(self.stack)
  end
  table.insert(self.stack, {scene = scene, moods = moods})
  follow()
end

-- Leave the scene for the one below; the last one cannot be left.
function music:leave()
  if #self.stack < 2 then return end
  table.remove(self.stack)
  follow()
end

-- Play a track, or a scene's track, once, then the music again.
function music:sting(name)
  if type(name) ~= "string" then
    return tell("sting() takes the name of a track or scene, not a " .. type(name))
  end
  local track = find(name, self.current)
  if not track then
    tell("there is no sting '" .. name .. "'; " .. meant(name, true))
  elseif track.loops then
    tell("'" .. name .. "' loops, and cannot be a sting here: set loop: false in the manifest")
  elseif track ~= self.current then
    local token = {}
    self.sting_of = token
    play(track, function()
      if self.sting_of == token and self.current then play(self.current) end
    end)
  end
end

-- Lower the music by some decibels until the next call; 0 restores it.
function music:duck(decibels)
  if type(decibels or 12) ~= "number" then
    return tell("duck() takes decibels as a number, not as a " .. type(decibels))
  end
  self.volume = self.volume or sol.audio.get_music_volume()
  sol.audio.set_music_volume(math.floor(self.volume * 10 ^ (-(decibels or 12) / 20) + 0.5))
  if decibels == 0 then self.volume = nil end
end

-- The scenes, for a save game: a text for game:set_value. music:restore(text) enters them again.
function music:state()
  local words = {}
  for _, entry in ipairs(self.stack) do
    table.insert(words, entry.scene .. ":" .. table.concat(entry.moods, ","))
  end
  return table.concat(words, " ")
end

function music:restore(text)
  self.stack = {}
  for scene, moods in tostring(text):gmatch("([^%s:]+):(%S*)") do
    local list = {}
    for mood in moods:gmatch("[^,]+") do table.insert(list, mood) end
    table.insert(self.stack, {scene = scene, moods = list})
  end
  follow()
end

function music:stop()
  self.stack, self.current, self.sting_of = {}, nil, nil
  sol.audio.stop_music()
end

-- The name of the track that sounds; nil in silence and after the end of one that plays once.
function music:playing()
  return self.current and not self.is_over and self.current.name or nil
end

return music
