-- The music in LÖVE 11:
--
--   local music = require("chipassets")
--   function love.update() music:update() end
--   music:enter("overworld")
--
-- Every track is decoded to samples, in a thread, so that the picture never waits for it. They are
-- queued piece by piece: intro once, then the loop, so that nothing is a sample early or late. The
-- layers of a track are started in one call, and their pieces are cut alike.

local here = (...):gsub("%.init$", "")
local core = require(here .. ".chipassets_core")
local tracks = require(here .. ".tracks")
local folder = here:gsub("%.", "/") .. "/music/"

local PIECE_SAMPLES = 4096
local PIECES = 8

-- By file: its samples, or why there are none.
local sounds, told = {}, {}

-- Without threads, as on a web page, each update decodes a file.
local has_threads = love.thread ~= nil
local DECODER = [[
  local path, decoded = ...
  require("love.sound")
  local is_there, data = pcall(love.sound.newSoundData, path)
  decoded:push(is_there and data or tostring(data))
]]
local queue = {} -- the next file is the last one
local busy, thread, decoded

local function decode(file)
  local is_there, data = pcall(love.sound.newSoundData, folder .. file)
  return is_there and data or tostring(data)
end

-- Take what the thread has decoded, and give it the next file.
local function work()
  if busy then
    local is_done = not thread:isRunning()
    local found = decoded:pop() or is_done and (thread:getError() or "its decoder ended")
    if not found then return end
    sounds[busy], busy = found, nil
  end
  local file = table.remove(queue)
  if file and has_threads then
    thread, decoded = love.thread.newThread(DECODER), love.thread.newChannel()
    thread:start(folder .. file, decoded)
    busy = file
  elseif file then
    sounds[file] = decode(file)
  end
end

-- Queue a file, as the next one or as the last one.
local function ask(file, is_next)
  if sounds[file] ~= nil or busy == file then return end
  for i, one in ipairs(queue) do
    if one == file then
      if not is_next then return end
      table.remove(queue, i)
      break
    end
  end
  table.insert(queue, is_next and #queue + 1 or 1, file)
end

-- The samples of a track's files; nil, and one line, where one cannot be decoded.
local function decoded_files(track)
  local files = {}
  for i, file in ipairs(track.files) do
    if sounds[file] == nil then sounds[file] = decode(file) end
    if type(sounds[file]) == "string" then
      if not told[track] then
        print("chipassets: track '" .. track.name .. "' stays silent: " .. sounds[file])
      end
      told[track] = true
      return nil
    end
    files[i] = sounds[file]
  end
  return files
end

local Voice = {}
Voice.__index = Voice

-- How many pieces every layer has room for: a piece that one of them refuses would be lost to it.
function Voice:room()
  local room = PIECES
  for _, source in ipairs(self.sources) do room = math.min(room, source:getFreeBufferCount()) end
  return room
end

-- Queue pieces until no buffer is free.
function Voice:fill()
  local track, ran_dry = self.track, self:room() == PIECES
  while not self.is_done and self:room() > 0 do
    local length = math.min(PIECE_SAMPLES, track.samples - self.cursor)
    for i, source in ipairs(self.sources) do
      local data = self.data[i]
      local frame = data:getChannelCount() * data:getBitDepth() / 8
      source:queue(data, self.cursor * frame, length * frame)
    end
    table.insert(self.pieces, self.queued)
    self.queued, self.cursor = self.queued + length, self.cursor + length
    if self.cursor == track.samples then
      if track.loops then self.cursor = track.loop_start else self.is_done = true end
    end
  end
  -- A game that stood still for longer than the queue holds: go on in step. What the game has paused
  -- keeps its queue, and stays paused.
  local should_play = self.is_started and not self.is_done and not self.is_paused
  if ran_dry and should_play and not self.sources[1]:isPlaying() then
    love.audio.play(self.sources)
  end
end

-- Samples played, past the end of the file where the loop goes round. LÖVE tells the place in what
-- is queued, which another thread shortens: it is asked until both answers are of one moment.
function Voice:position()
  local source, free, place = self.sources[1], nil, nil
  repeat
    free = source:getFreeBufferCount()
    place = source:tell("samples")
  until free == source:getFreeBufferCount()
  while #self.pieces > PIECES - free do table.remove(self.pieces, 1) end
  return (self.pieces[1] or self.queued) + place
end

function Voice:set_gain(layer, gain)
  self.sources[layer]:setVolume(gain)
end

function Voice:pause()
  self.is_paused = true
  love.audio.pause(self.sources)
end

function Voice:resume()
  self.is_paused = false
  love.audio.play(self.sources)
end

function Voice:stop()
  for _, source in ipairs(self.sources) do source:stop() end
  self.is_stopped = true
end

local voices = {}
local backend = {now = love.timer.getTime, warn = print}

function backend.is_ready(track)
  local is_there = true
  for i = #track.files, 1, -1 do
    ask(track.files[i], true)
    is_there = is_there and sounds[track.files[i]] ~= nil
  end
  if not is_there then work() end
  return is_there
end

function backend.start(track, sample)
  local data = decoded_files(track)
  if not data then return nil end
  local voice = setmetatable({track = track, data = data, sources = {}}, Voice)
  voice.cursor, voice.queued, voice.pieces = sample, sample, {}
  for i, data in ipairs(voice.data) do
    local rate, bits, channels = data:getSampleRate(), data:getBitDepth(), data:getChannelCount()
    voice.sources[i] = love.audio.newQueueableSource(rate, bits, channels, PIECES)
  end
  voice:fill()
  love.audio.play(voice.sources)
  voice.is_started = true
  table.insert(voices, voice)
  return voice
end

local music = core.new(tracks, backend)
local decide = music.update

-- Update the music and fill its queues; call it once a frame.
function music:update()
  work()
  decide(self)
  for i = #voices, 1, -1 do
    if voices[i].is_stopped then table.remove(voices, i) else voices[i]:fill() end
  end
end

-- Decode tracks in the background: those of scenes, those named, or all. A minute takes 10 MB.
function music.preload(...)
  local names = {...}
  if names[1] == music then table.remove(names, 1) end -- music:preload() is the same
  for _, track in ipairs(music:tracks_named(names)) do
    for _, file in ipairs(track.files) do ask(file, false) end
  end
  work()
end

-- Whether tracks are still being decoded, for a loading screen, which calls update() too.
function music.is_loading()
  return busy ~= nil or #queue > 0
end

return music
