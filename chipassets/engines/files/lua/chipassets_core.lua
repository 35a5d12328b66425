-- Which music should sound, and how loud: scenes that lie over each other, layers, stings, ducking,
-- save games. Knows no engine: a backend plays what is decided here. Lua 5.1 and later.
--
-- A backend has: now(), seconds of a clock; start(track, sample), which returns a voice, or nil and
-- a line in the log where a file cannot be played; warn(text). One that decodes in the background
-- also has is_ready(track): whether it can start at once; if not, it is decoded from then on.
-- A voice has: position(), the sample of the file; set_gain(layer, gain); pause(); resume(); stop().
--
-- The music's time follows the sound: it stands still in a pause, and where the sound card stalls.

local Music = {}
Music.__index = Music

local LEVELS = {shop = 1, battle = 2, boss = 2, victory = 2, menu = 3}
-- From, to, when ("now", "beat", "bar", "section"), seconds, how ("crossfade", "fade", "cut").
local RULES = {
  {"*", "battle", "now", 0.12, "crossfade"},
  {"*", "boss", "now", 0.12, "crossfade"},
  {"*", "victory", "now", 0.06, "crossfade"},
  {"*", "game_over", "now", 0.4, "crossfade"},
  {"town", "shop", "bar", 0.4, "crossfade"},
  {"shop", "town", "bar", 0.4, "crossfade"},
  {"*", "*", "now", 0.8, "crossfade"},
}
local WHENS, HOWS = {"now", "beat", "bar", "section"}, {"crossfade", "fade", "cut"}
local OPTIONS = {"moods", "when", "fade", "how"}
local STING_DUCK = 10 ^ (-12 / 20)
local STING_DUCK_SECONDS, STING_RETURN_SECONDS, RELEASE_SECONDS = 0.08, 0.5, 0.06
-- A larger lag of the sound is a stall; a smaller one is corrected by this share per second.
local STALL_SECONDS, FOLLOWED_A_SECOND = 0.1, 6
local LATE_SECONDS = 1
local ROUNDING_SECONDS = 0.0005 -- puts nothing off by a frame

local function steady(value)
  return {first = value, last = value, at = 0, seconds = 0}
end

local function point(fade, now)
  if now < fade.at then return fade.first end
  if now >= fade.at + fade.seconds then return fade.last end
  return fade.first + (fade.last - fade.first) * (now - fade.at) / fade.seconds
end

local function turn(fade, at, seconds, last)
  return {first = point(fade, at), last = last, at = at, seconds = seconds}
end

local function clamp(value, least, most)
  return math.min(math.max(value, least), most)
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

-- A hint for an unknown name: the nearest of these, or the names that there are.
local function meant(name, names)
  local best, least
  for _, one in ipairs(names) do
    local far = distance(name, one)
    if not least or far < least then best, least = one, far end
  end
  if best and 2 * least <= #name then return "did you mean '" .. best .. "'?" end
  return "there are: " .. table.concat(names, ", ")
end

local function has(list, value)
  for _, one in ipairs(list) do
    if one == value then return true end
  end
  return false
end

-- What a value is, in words.
local function a_kind(value)
  return value == nil and "nothing" or "a " .. type(value)
end

-- Whether it is a scene's place: a track that is no text, as null of a JSON library, is none.
local function is_place(entry)
  return type(entry) == "table" and type(entry.scene) == "string"
    and (type(entry.track) ~= "string" or type(entry.sample) == "number")
end

-- Whether it is what state() returns.
local function is_state(state)
  if type(state) ~= "table" or state.format ~= 1 or type(state.scenes) ~= "table" then return false end
  for _, entry in ipairs(state.scenes) do
    if not is_place(entry) or type(entry.moods) ~= "table" then return false end
    for _, mood in ipairs(entry.moods) do
      if type(mood) ~= "string" then return false end
    end
  end
  return type(state.intensity) == "number" and type(state.duck_db) == "number"
    and (type(state.playing) ~= "table" or is_place(state.playing))
end

-- The amplitudes of some layers at an intensity; the first one always sounds.
local function spread(level, layers)
  local gains, upper = {}, math.max(layers - 1, 1)
  for i = 1, layers do
    gains[i] = i == 1 and 1 or math.sin(clamp(level * upper - (i - 2), 0, 1) * math.pi / 2)
  end
  return gains
end

-- The sample of the file at which a position lies: loops wrap around, other tracks stop at the end.
local function wrap(track, sample)
  if not track.loops then return math.min(sample, track.samples) end
  if sample < track.loop_start then return sample end
  return track.loop_start + (sample - track.loop_start) % track.loop_length
end

-- The run of equal bars around a sample: its start, its first bar, and the length of a bar.
local function grid(track, sample)
  if not track.loops then
    return 0, 0, 60 * track.beats_per_bar * track.rate / track.bpm
  elseif sample < track.loop_start then
    return 0, 0, track.loop_start / track.loop_start_bar
  end
  return track.loop_start, track.loop_start_bar, track.loop_length / track.loop_bars
end

-- Whether both are the same music bar for bar: a track and its variant, or two of one.
local function shares_bars(track, other)
  local root = track.like ~= "" and track.like or track.name
  return root == (other.like ~= "" and other.like or other.name) and track.bars == other.bars
end

-- The sample of a track in the same bar, and as far into it, as another's.
local function same_place(track, other, sample)
  local start, first, length = grid(other, sample)
  local bars = first + (sample - start) / length
  if bars >= track.bars then bars = bars - track.loop_bars end
  if not track.loops then return bars * 60 * track.beats_per_bar * track.rate / track.bpm end
  if bars < track.loop_start_bar then return bars * track.loop_start / track.loop_start_bar end
  return track.loop_start + (bars - track.loop_start_bar) * track.loop_length / track.loop_bars
end

-- The bar and felt beat of the music at a sample of the file, both from 0.
local function bar_and_beat(track, sample)
  local start, first, length = grid(track, sample)
  local bars = (sample - start) / length
  local bar = first + math.floor(bars)
  if track.loops and bar >= track.bars then bar = bar - track.loop_bars end
  local beat = math.floor((bars - math.floor(bars)) * track.felt_beats)
  return math.min(bar, track.bars - 1), math.min(beat, track.felt_beats - 1)
end

-- The number of samples from one of the file to its next beat, bar or section.
local function samples_to_line(track, sample, when)
  if when == "now" or (not track.loops and sample >= track.samples) then return 0 end
  if when == "section" then
    for _, line in ipairs(track.section_samples) do
      if line >= sample then return line - sample end
    end
    if not track.loops then return track.samples - sample end
    local first = track.loop_start
    for i = #track.section_samples, 1, -1 do
      local line = track.section_samples[i]
      if line >= track.loop_start then first = line end
    end
    return track.samples - sample + first - track.loop_start
  end
  local start, _, length = grid(track, sample)
  local unit = when == "beat" and length / track.felt_beats or length
  local into = (sample - start) % unit
  return into < 1 and 0 or unit - into
end

-- Return a player of these tracks. Options: levels and rules that replace the default ones.
local function new(tracks, backend, options)
  options = options or {}
  return setmetatable({
    volume = 0.8, music_volume = 1, sting_volume = 1,
    levels = options.levels or LEVELS, rules = options.rules or RULES,
    _tracks = tracks, _backend = backend, _stack = {}, _left = {}, _voices = {}, _told = {},
    _level = steady(1), _next_level = steady(1), _game_duck = steady(1), _sting_duck = steady(1),
    _time = 0, _read_at = 0, _is_paused = false,
  }, Music)
end

-- Enter a scene: over those of lower levels, in place of one of its level, or back to a kept one.
-- Options: moods (a list), when, fade (seconds), how, in place of the rule's.
function Music:enter(scene, options)
  if type(scene) ~= "string" then
    return self:_tell("enter() takes the name of a scene, not " .. a_kind(scene))
  end
  options = self:_options("enter", options)
  local before, moods = self:scene(), self:_moods(options.moods)
  local old_moods = #self._stack > 0 and self._stack[#self._stack].moods or {}
  local at
  for i, entry in ipairs(self._stack) do
    if entry.scene == scene then at = i end
  end
  local level = self.levels[scene] or 0
  while #self._stack >= (at or 1) do
    local top = self._stack[#self._stack].scene
    if not at and (self.levels[top] or 0) < level then break end
    table.remove(self._stack)
  end
  table.insert(self._stack, {scene = scene, moods = moods})
  if before ~= scene or table.concat(old_moods, " ") ~= table.concat(moods, " ") then
    self:_plan(before, options)
  end
end

-- Leave the scene for the one below, whose music continues; the last one cannot be left.
function Music:leave(options)
  options = self:_options("leave", options)
  if #self._stack > 1 then
    local before = self:scene()
    table.remove(self._stack)
    self:_plan(before, options)
  end
end

-- The scene that the game is in, "" before the first.
function Music:scene()
  return #self._stack > 0 and self._stack[#self._stack].scene or ""
end

-- Fade to silence and forget every scene.
function Music:stop(fade)
  fade = self:_number("stop(fade)", "fade", fade, 0.8)
  self._stack, self._left = {}, {}
  self._pending = {scene = "", at = self:_now(), fade = fade, how = "crossfade"}
  self:_end_sting()
end

-- Pause the music, fades, stings and pending changes until resume().
function Music:pause()
  if self._is_paused then return end
  self._time, self._is_paused = self:_now(), true
  for _, voice in ipairs(self._voices) do voice.sounds:pause() end
end

-- Resume where pause() stopped.
function Music:resume()
  if not self._is_paused then return end
  self._read_at, self._is_paused = self._backend.now(), false
  for _, voice in ipairs(self._voices) do voice.sounds:resume() end
end

-- Fade the intensity to 0..1 within some seconds, at once or at the next musical line.
function Music:intensity(level, fade, when)
  local call = "intensity(level, fade, when)"
  level = clamp(self:_number(call, "level", level, self._next_level.last), 0, 1)
  fade = self:_number(call, "fade", fade, 0.6)
  local at = self:_line_time(when)
  if level ~= self._next_level.last or at < self._next_level.at then
    self._level = self:_level_at(self:_now())
    self._next_level = turn(self._level, at, fade, level)
  end
end

-- Lower the music by some decibels until the next call; 0 restores it.
function Music:duck(by_db, fade)
  by_db = self:_number("duck(by_db, fade)", "by_db", by_db, 12)
  fade = self:_number("duck(by_db, fade)", "fade", fade, 0.15)
  self._game_duck = turn(self._game_duck, self:_now(), fade, 10 ^ (-clamp(by_db, 0, 200) / 20))
end

-- Play a track, or a scene's track, once over the music; a sounding one of higher priority stays.
function Music:sting(name, when, priority)
  if type(name) ~= "string" then
    return self:_tell("sting() takes the name of a track or scene, not " .. a_kind(name))
  end
  priority = self:_number("sting(name, when, priority)", "priority", priority, 0)
  local track = self:_sting_track(name)
  if not track then
    return self:_tell("there is no sting '" .. name .. "'; " .. meant(name, self:_names()))
  end
  if self._current and self._current.track == track then return end
  if self._sting and self._sting.priority > priority then return end
  if self._waiting and self._waiting.priority > priority then return end
  self:_has(track)
  self._waiting = {track = track, at = self:_line_time(when), when = when, priority = priority}
end

-- What sounds: track, scene, bar, beat, seconds; nil in silence.
function Music:playing()
  if not self._current then return nil end
  local track, sample = self._current.track, self:_sample()
  if not track.loops and sample >= track.samples then return nil end
  local bar, beat = bar_and_beat(track, sample)
  local seconds = sample / track.rate
  return {track = track.name, scene = self._current.scene, bar = bar, beat = beat, seconds = seconds}
end

-- The state of the music, as plain values for a save game.
function Music:state()
  local scenes = {}
  for i, entry in ipairs(self._stack) do
    local name, sample = self:_place(entry.scene)
    scenes[i] = {scene = entry.scene, moods = entry.moods, track = name, sample = sample}
  end
  local playing
  if self._current then
    local name, sample = self:_place(self._current.scene)
    playing = {scene = self._current.scene, track = name, sample = sample}
  end
  local duck_db = math.abs(20 * math.log(self._game_duck.last) / math.log(10))
  return {
    format = 1, scenes = scenes, playing = playing,
    intensity = self._next_level.last, duck_db = duck_db,
  }
end

-- Restore a value of state() with a crossfade. Returns whether it was a state.
function Music:restore(state, fade)
  if not is_state(state) then
    self:_tell("restore() was given what no state() returned; the music stays as it is")
    return false
  end
  fade = self:_number("restore(state, fade)", "fade", fade, 0.8)
  self._stack, self._left = {}, {}
  for i, entry in ipairs(state.scenes) do
    self._stack[i] = {scene = entry.scene, moods = entry.moods}
    self:_keep(entry.scene, entry)
  end
  self:_end_sting()
  self:duck(state.duck_db, 0)
  self:intensity(state.intensity, 0)
  if self._current then self._current.scene = "" end
  local scene, wanted = self:scene(), nil
  if #self._stack > 0 then wanted = self:_track_for(scene, self._stack[#self._stack].moods) end
  if not wanted and type(state.playing) == "table" then
    wanted, scene = self:_keep(state.playing.scene, state.playing), state.playing.scene
  end
  local now = self:_now()
  self:_has(wanted)
  self._pending = {
    track = wanted, scene = scene, at = now, fade = fade, how = "crossfade", is_jump = true,
  }
  return true
end

-- Update the music; call it once a frame.
function Music:update()
  if self._is_paused then return end
  self:_follow_sound()
  local now, soon = self._time, self._time + ROUNDING_SECONDS
  local change = self._pending
  if change and soon >= change.at and self:_may_begin(change) then
    self._pending = nil
    if change.how == "fade" and self._current and change.track then
      local later = {track = change.track, scene = change.scene, fade = change.fade, is_jump = change.is_jump}
      later.at, later.how = now + change.fade, "crossfade"
      self._pending = later
      change = {scene = change.scene, fade = change.fade}
    end
    self:_take(change, now)
  end
  if self._waiting and soon >= self._waiting.at and self:_may_begin(self._waiting) then
    self:_start_sting(now)
  elseif self._sting and soon >= self._sting.ends then
    self:_finish_sting() -- another one may wait for its line
  end
  self:_tend(now)
end

-- Whether a track can start at once; if not, the backend decodes it from now on.
function Music:_has(track)
  local is_ready = self._backend.is_ready
  return not track or not is_ready or is_ready(track)
end

-- Whether a change or sting that is due may begin: one that is not decoded waits for the next line.
function Music:_may_begin(due)
  if self:_has(due.track) then return true end
  due.at = self:_line_time(due.when)
  return false
end

function Music:_now()
  return self._is_paused and self._time or self._time + self._backend.now() - self._read_at
end

-- The sample at which the music is by its time; an engine reports a position that advances by buffers.
function Music:_expected_sample(now)
  local voice = self._current
  return wrap(voice.track, voice.start + math.max(now - voice.at, 0) * voice.track.rate)
end

-- Advance the music's time with the sound.
function Music:_follow_sound()
  local read_at = self._backend.now()
  local passed = read_at - self._read_at
  self._time, self._read_at = self._time + passed, read_at
  local voice = self._current
  if not voice then return end
  local track, sample = voice.track, self:_sample()
  if not track.loops and sample >= track.samples then return end
  -- If an engine always reports its first position, the time does not wait for it, nor for a sound
  -- that begins much later than requested, as on a page without a click.
  if not voice.is_heard then
    if sample == voice.start then return end
    voice.is_heard = true
    local late = self._time - voice.at - (sample - voice.start) / track.rate
    if late > LATE_SECONDS then voice.at = voice.at + late end
  end
  local expected = self:_expected_sample(self._time)
  local ahead = sample - expected
  if track.loops and math.min(sample, expected) >= track.loop_start then
    ahead = (ahead + track.loop_length / 2) % track.loop_length - track.loop_length / 2
  end
  ahead = ahead / track.rate
  if math.abs(ahead) <= STALL_SECONDS then ahead = ahead * math.min(FOLLOWED_A_SECOND * passed, 1) end
  self._time = self._time + math.max(ahead, -passed)
end

function Music:_plan(before, options)
  local scene = self:scene()
  local track = self:_track_for(scene, self._stack[#self._stack].moods)
  if not track then
    local hint = meant(scene, self:_scenes())
    return self:_tell("no track serves the scene '" .. scene .. "', the music stays; " .. hint)
  end
  -- Until the jump of restore() is made, what sounds is not what was saved.
  local is_jump = self._pending ~= nil and self._pending.is_jump
  if self._current and self._current.track == track and not is_jump then
    self._current.scene, self._pending = scene, nil
    return
  end
  local rule = {"*", "*", "now", 0, "cut"}
  for i = #self.rules, 1, -1 do
    local row = self.rules[i]
    if (row[1] == "*" or row[1] == before) and (row[2] == "*" or row[2] == scene) then rule = row end
  end
  local how = options.how or rule[5]
  if not has(HOWS, how) then
    self:_tell("there is no how '" .. tostring(how) .. "'; " .. meant(tostring(how), HOWS))
    how = rule[5]
  end
  local keeps_place = not is_jump and self._current ~= nil and shares_bars(track, self._current.track)
  local when = options.when or rule[3]
  self:_has(track)
  self._pending = {
    track = track, scene = scene, at = self:_line_time(when), when = when,
    fade = how == "cut" and 0 or self:_number("enter(scene, options)", "fade", options.fade, rule[4]),
    how = keeps_place and how == "fade" and "crossfade" or how, keeps_place = keeps_place,
    is_jump = is_jump,
  }
end

function Music:_take(change, now)
  local old = self._current
  if old then
    if old.scene ~= change.scene and self:_is_kept(old.scene) then
      local later = self:_sample() + change.fade * old.track.rate
      self._left[old.scene] = {track = old.track, sample = math.floor(wrap(old.track, later))}
    end
    old.fade = turn(old.fade, now, change.fade, 0)
  end
  local start = old and change.keeps_place and self:_sample()
  start = start and math.floor(same_place(change.track, old.track, start))
  self._current = nil
  if not change.track then return self:_forget_left() end
  start = start or self:_place_to_go_on(change, now)
  self._left[change.scene] = nil
  self:_forget_left()
  if not change.track.loops and start >= change.track.samples then start = 0 end
  local is_silent = true
  for _, voice in ipairs(self._voices) do
    is_silent = is_silent and point(voice.fade, now) == 0
  end
  local fade = is_silent and start == 0 and 0 or change.fade
  self._current = self:_voice(change.track, change.scene, start, now, fade)
end

-- Scenes that left the stack start from the beginning when they are entered again.
function Music:_forget_left()
  for scene in pairs(self._left) do
    if not self:_is_kept(scene) then self._left[scene] = nil end
  end
end

-- Where a change's track goes on: its present position if it still fades out, else where it was left.
function Music:_place_to_go_on(change, now)
  for i = #self._voices, 1, -1 do
    local voice = self._voices[i]
    local is_heard = not voice.is_sting and point(voice.fade, now) > 0
    if voice.track == change.track and is_heard and not change.is_jump then
      return math.floor(wrap(voice.track, voice.sounds:position()))
    end
  end
  local left = self._left[change.scene]
  return left and left.track == change.track and left.sample or 0
end

function Music:_voice(track, scene, start, now, fade)
  local sounds = self._backend.start(track, start)
  if not sounds then return nil end
  local voice = {track = track, scene = scene, sounds = sounds, start = start, at = now}
  voice.fade = {first = fade == 0 and 1 or 0, last = 1, at = now, seconds = fade}
  table.insert(self._voices, voice)
  self:_set_gains(voice, now)
  return voice
end

function Music:_start_sting(now)
  local waiting = self._waiting
  self._waiting = nil
  if self._sting then
    self._sting.voice.fade = turn(self._sting.voice.fade, now, RELEASE_SECONDS, 0)
  end
  self._sting = nil
  local voice = self:_voice(waiting.track, "", 0, now, 0)
  if not voice then return self:_return_from_sting(now) end
  voice.is_sting = true
  self:_set_gains(voice, now)
  local ends = now + waiting.track.samples / waiting.track.rate
  self._sting = {voice = voice, ends = ends, priority = waiting.priority}
  self._sting_duck = turn(self._sting_duck, now, STING_DUCK_SECONDS, STING_DUCK)
end

function Music:_end_sting()
  self._waiting = nil
  self:_finish_sting()
end

function Music:_finish_sting()
  if self._sting then
    local now = self:_now()
    self._sting.voice.fade = turn(self._sting.voice.fade, now, RELEASE_SECONDS, 0)
    self._sting = nil
    self:_return_from_sting(now)
  end
end

-- The fade of the intensity at a time: one that waits for its line leaves the one before it alone.
function Music:_level_at(now)
  return now >= self._next_level.at and self._next_level or self._level
end

function Music:_return_from_sting(now)
  self._sting_duck = turn(self._sting_duck, now, STING_RETURN_SECONDS, 1)
end

function Music:_tend(now)
  for i = #self._voices, 1, -1 do
    local voice = self._voices[i]
    self:_set_gains(voice, now)
    if voice.fade.last == 0 and now >= voice.fade.at + voice.fade.seconds then
      voice.sounds:stop()
      table.remove(self._voices, i)
    end
  end
end

function Music:_set_gains(voice, now)
  local gain = self.volume * math.sin(point(voice.fade, now) * math.pi / 2)
  local shares = spread(point(self:_level_at(now), now), #voice.track.files)
  if voice.is_sting then
    gain = gain * self.sting_volume
  else
    local ducked = math.min(point(self._game_duck, now), point(self._sting_duck, now))
    gain = gain * self.music_volume * ducked
  end
  for i = 1, #voice.track.files do
    voice.sounds:set_gain(i, clamp(gain * (voice.is_sting and 1 or shares[i]), 0, 1))
  end
end

function Music:_track_for(scene, moods)
  local best, best_points
  for _, track in ipairs(self._tracks) do
    if track.scene == scene then
      local shared = 0
      for _, mood in ipairs(moods or {}) do
        for _, own in ipairs(track.moods) do
          if own == mood then shared = shared + 1 end
        end
      end
      local points = #(moods or {}) > 0 and shared * 100 - (#track.moods - shared) or 0
      if not best or points > best_points then best, best_points = track, points end
    end
  end
  return best
end

function Music:_sting_track(name)
  local named = self:_named(name)
  if named then return named end
  for _, track in ipairs(self._tracks) do
    if self._current and track.match == self._current.track.name and track.scene == name then
      return track
    end
  end
  return self:_track_for(name, {})
end

function Music:_named(name)
  for _, track in ipairs(self._tracks) do
    if track.name == name then return track end
  end
end

-- The scenes that have a track, in the order of the tracks.
function Music:_scenes()
  local scenes = {}
  for _, track in ipairs(self._tracks) do
    if not has(scenes, track.scene) then table.insert(scenes, track.scene) end
  end
  return scenes
end

-- The scenes that have a track, and the tracks.
function Music:_names()
  local names = self:_scenes()
  for _, one in ipairs(self._tracks) do table.insert(names, one.name) end
  return names
end

-- The tracks of scenes, those named, or all where no name is given, for a backend that decodes them
-- early; an unknown name is told of.
function Music:tracks_named(names)
  if #names == 0 then return self._tracks end
  local found = {}
  for _, name in ipairs(names) do
    local before = #found
    for _, track in ipairs(self._tracks) do
      if track.scene == name or track.name == name then table.insert(found, track) end
    end
    if #found == before then
      local word = tostring(name)
      self:_tell("preload: there is no scene and no track '" .. word .. "'; " .. meant(word, self:_names()))
    end
  end
  return found
end

-- Continue a scene's music at a position of a save game; the file may be shorter now.
function Music:_keep(scene, place)
  local track = self:_named(place.track)
  if track then
    local sample = math.floor(wrap(track, math.max(place.sample, 0)))
    self._left[scene] = {track = track, sample = sample}
  end
  return track
end

function Music:_is_kept(scene)
  for _, entry in ipairs(self._stack) do
    if entry.scene == scene then return true end
  end
  return false
end

-- The track's name and sample at which a scene's music is or was left; nil and 0 for none.
function Music:_place(scene)
  if self._current and self._current.scene == scene then
    return self._current.track.name, math.floor(self:_sample())
  end
  local left = self._left[scene]
  if left then return left.track.name, left.sample end
  return nil, 0
end

function Music:_sample()
  return wrap(self._current.track, self._current.sounds:position())
end

function Music:_line_time(when)
  local now = self:_now()
  if when and not has(WHENS, when) then
    self:_tell("there is no when '" .. tostring(when) .. "'; " .. meant(tostring(when), WHENS))
    when = "now"
  end
  if not self._current or not when or when == "now" then return now end
  local track = self._current.track
  return now + samples_to_line(track, self:_expected_sample(now), when) / track.rate
end

-- The options of a call, of which unknown ones are told; none for what is no table.
function Music:_options(call, options)
  if type(options) ~= "table" then
    if options ~= nil then
      self:_tell(call .. '() takes its options in a table, as {when = "bar"}, not as ' .. a_kind(options))
    end
    return {}
  end
  for name in pairs(options) do
    if not has(OPTIONS, name) then
      local word = tostring(name)
      self:_tell(call .. "() has no option '" .. word .. "'; " .. meant(word, OPTIONS))
    end
  end
  return options
end

-- A list of moods, of which one alone may be given as text.
function Music:_moods(moods)
  if type(moods) == "string" then return {moods} end
  local list = {}
  for _, mood in ipairs(type(moods) == "table" and moods or {moods}) do
    if type(mood) == "string" then
      table.insert(list, mood)
    else
      self:_tell("moods are a list of names, not " .. a_kind(mood))
    end
  end
  return list
end

-- The number that a call was given, else the one of the music or of the call's default.
function Music:_number(call, name, value, otherwise)
  if type(value) == "number" and value == value then return value end
  if value ~= nil then
    self:_tell(("%s takes %s as a number, not as %s; it is %g"):format(call, name, a_kind(value), otherwise))
  end
  return otherwise
end

function Music:_tell(text)
  if not self._told[text] then
    self._told[text] = true
    self._backend.warn("chipassets: " .. text)
  end
end

return {
  new = new, spread = spread, samples_to_line = samples_to_line, bar_and_beat = bar_and_beat,
  wrap = wrap, LEVELS = LEVELS, RULES = RULES,
}
