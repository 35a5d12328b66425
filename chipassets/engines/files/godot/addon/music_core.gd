# Plays a chipassets bundle: scenes that lie over each other, layers, stings, ducking, save games.
# This file is the same for Godot 3 and 4; music.gd beside it holds what differs. Written by
# chipassets: changes are kept, but then no newer version takes their place.
#
#   Music.enter("overworld")      # whenever the game's scene changes
#   Music.intensity(0.4)          # fewer layers of a track that has some
#   Music.sting("victory")        # once over the music, which is ducked
#   Music.leave()                 # back to the scene below, where its music was left
#   Music.duck(12); Music.duck(0) # lower by that many decibels, and back
#   Music.pause(); Music.resume() # hold everything, and go on
#   var save = Music.state()      # plain values for a save game; Music.restore(save)
extends Node

signal changed(track_name, scene)

const LEVELS = {"shop": 1, "battle": 2, "boss": 2, "victory": 2, "menu": 3}
# From, to, when ("now", "beat", "bar", "section"), milliseconds, how ("crossfade", "fade", "cut").
const RULES = [
	["*", "battle", "now", 120, "crossfade"],
	["*", "boss", "now", 120, "crossfade"],
	["*", "victory", "now", 60, "crossfade"],
	["*", "game_over", "now", 400, "crossfade"],
	["town", "shop", "bar", 400, "crossfade"],
	["shop", "town", "bar", 400, "crossfade"],
	["*", "*", "now", 800, "crossfade"],
]
const WHENS = ["now", "beat", "bar", "section"]
const HOWS = ["crossfade", "fade", "cut"]
const OPTIONS = ["moods", "when", "fade_ms", "how"]
const STING_DUCK_DB = 12.0
const STING_DUCK_MS = 80
const STING_RETURN_MS = 500
const SILENT_DB = -80.0
# A larger lag of the sound is a stall; a smaller one is corrected by this share per millisecond.
const STALL_MS = 100
const FOLLOWED_A_MS = 0.006
const LATE_MS = 1000
const LONGEST_BUFFER_SECONDS = 0.1
const ROUNDING_MS = 0.5 # puts nothing off by a frame

var levels = LEVELS
var rules = RULES
var volume = 0.8
var music_volume = 1.0
var sting_volume = 1.0
var bus = "Master"

var _tracks = []
var _folder = ""
var _stack = []
var _left = {}
var _voices = []
var _current = null
var _pending = null
var _sting = null
var _waiting_sting = null
var _level = {"start": 1.0, "end": 1.0, "at": 0, "ms": 0}
var _next_level = _level
var _game_duck = {"start": 1.0, "end": 1.0, "at": 0, "ms": 0}
var _sting_duck = {"start": 1.0, "end": 1.0, "at": 0, "ms": 0}
var _told = {}
# The music's time follows the sound: it stands still in a pause, and where the sound card stalls.
var _time = 0.0
var _read_at = 0
var _is_paused = false


# Use these tracks, whose files lie in a folder of the project.
func setup(tracks, folder):
	_tracks = tracks
	_folder = folder


# Enter a scene: over those of lower levels, in place of one of its level, or back to a kept one.
# Options: moods (a list), when, fade_ms, how, in place of the rule's.
func enter(scene, options = {}):
	if not _is_text(scene):
		_tell("enter() takes the name of a scene, not %s" % _in_words(scene))
		return
	scene = str(scene)
	options = _options("enter", options)
	var moods = _moods(options.get("moods", []))
	var before = current_scene()
	var old_moods = _stack[-1]["moods"] if _stack.size() > 0 else []
	var at = -1
	for i in range(_stack.size()):
		if _stack[i]["scene"] == scene:
			at = i
	if at >= 0:
		while _stack.size() > at:
			_stack.pop_back()
	else:
		var level = levels.get(scene, 0)
		while _stack.size() > 0 and levels.get(_stack[-1]["scene"], 0) >= level:
			_stack.pop_back()
	_stack.append({"scene": scene, "moods": moods})
	if before != scene or old_moods != moods:
		_plan(before, options)


# Leave the scene for the one below, whose music continues; the last one cannot be left.
func leave(options = {}):
	options = _options("leave", options)
	if _stack.size() > 1:
		var before = current_scene()
		_stack.pop_back()
		_plan(before, options)


# Fade to silence and forget every scene.
func stop(fade_ms = 800):
	fade_ms = _number("stop(fade_ms)", "fade_ms", fade_ms, 800)
	_stack = []
	_left = {}
	_pending = {"track": null, "scene": "", "at": _music_ms(), "fade_ms": fade_ms, "how": "crossfade"}
	_end_sting()


# Pause the music, fades, stings and pending changes until resume().
func pause():
	if _is_paused:
		return
	for voice in _voices:
		voice["held"] = _sample_of(voice)
	_time = _music_ms()
	_is_paused = true
	_hold_voices(true)


# Resume where pause() stopped.
func resume():
	if not _is_paused:
		return
	_read_at = now_ms()
	_is_paused = false
	_hold_voices(false)
	for voice in _voices:
		voice.erase("held")


# Fade the intensity to 0..1 within fade_ms, at once or at the next musical line.
func intensity(level, fade_ms = 600, when = "now"):
	var call = "intensity(level, fade_ms, when)"
	level = clamp(_number(call, "level", level, _next_level["end"]), 0.0, 1.0)
	fade_ms = _number(call, "fade_ms", fade_ms, 600)
	var at = _music_ms() + _ms_to_line(when)
	if level != _next_level["end"] or at < _next_level["at"]:
		_level = _level_at(_music_ms())
		_next_level = _turned(_level, at, fade_ms, level)


# Lower the music by some decibels until the next call; 0 restores it.
func duck(by_db = 12.0, fade_ms = 150):
	by_db = _number("duck(by_db, fade_ms)", "by_db", by_db, 12)
	fade_ms = _number("duck(by_db, fade_ms)", "fade_ms", fade_ms, 150)
	_game_duck = _turned(_game_duck, _music_ms(), fade_ms, pow(10.0, -max(by_db, 0.0) / 20.0))


# Play a track, or a scene's track, once over the music; a sounding one of higher priority stays.
func sting(name, when = "now", priority = 0):
	if not _is_text(name):
		_tell("sting() takes the name of a track or scene, not %s" % _in_words(name))
		return
	name = str(name)
	priority = _number("sting(name, when, priority)", "priority", priority, 0)
	var track = _sting_track(name)
	if track == null:
		var names = _scenes()
		for one in _tracks:
			names.append(one["name"])
		_tell("there is no sting '%s'; %s" % [name, _meant(name, names)])
		return
	if _current != null and _current["track"] == track:
		return
	for other in [_sting, _waiting_sting]:
		if other != null and other["priority"] > priority:
			return
	_waiting_sting = {"track": track, "at": _music_ms() + _ms_to_line(when), "priority": priority}


# What sounds, {track, scene, bar, beat, seconds}; null in silence and after the end of a track
# that plays once.
func now_playing():
	if _current == null:
		return null
	var track = _current["track"]
	var sample = _sample_of(_current)
	if not track["loops"] and sample >= track["samples"]:
		return null
	var place = _bar_and_beat(track, sample)
	return {
		"track": track["name"], "scene": _current["scene"], "seconds": sample / track["rate"],
		"bar": place[0], "beat": place[1],
	}


# The state of the music, as plain values for a save game.
func state():
	var scenes = []
	for entry in _stack:
		var place = _place_of(entry["scene"])
		scenes.append({
			"scene": entry["scene"], "moods": entry["moods"], "track": place[0],
			"sample": place[1],
		})
	var playing = null
	if _current != null:
		var here = _place_of(_current["scene"])
		playing = {"scene": _current["scene"], "track": here[0], "sample": here[1]}
	var duck_db = abs(20.0 * log(max(_game_duck["end"], 1e-10)) / log(10.0))
	return {
		"format": 1, "scenes": scenes, "playing": playing, "intensity": _next_level["end"],
		"duck_db": duck_db,
	}


# Restore a value of state() with a crossfade. Returns whether it was a state.
func restore(saved, fade_ms = 800):
	if not _is_state(saved):
		_tell("restore() was given what no state() returned; the music stays as it is")
		return false
	fade_ms = _number("restore(saved, fade_ms)", "fade_ms", fade_ms, 800)
	_stack = []
	_left = {}
	for entry in saved["scenes"]:
		_stack.append({"scene": entry["scene"], "moods": entry["moods"]})
		_keep(entry["scene"], entry)
	_end_sting()
	duck(saved["duck_db"], 0)
	intensity(saved["intensity"], 0)
	if _current != null:
		_current["scene"] = ""
	var scene = current_scene()
	var wanted = _track_for(scene, _stack[-1]["moods"]) if _stack.size() > 0 else null
	if wanted == null and saved["playing"] != null:
		scene = saved["playing"]["scene"]
		wanted = _keep(scene, saved["playing"])
	_pending = {
		"track": wanted, "scene": scene, "at": _music_ms(), "fade_ms": fade_ms, "how": "crossfade",
		"is_jump": true,
	}
	return true


# The scene that the game is in, "" before the first.
func current_scene():
	return _stack[-1]["scene"] if _stack.size() > 0 else ""


func _process(_delta):
	update()


# Update the music; the engine calls it once a frame.
func update():
	if _is_paused:
		return
	_follow_sound()
	var now = _time
	var soon = now + ROUNDING_MS
	if _pending != null and soon >= _pending["at"]:
		var change = _pending
		_pending = null
		if change["how"] == "fade" and _current != null and change["track"] != null:
			_pending = change.duplicate()
			_pending["how"] = "crossfade"
			_pending["at"] = now + change["fade_ms"]
			change["track"] = null
		_take(change, now)
	if _waiting_sting != null and soon >= _waiting_sting["at"]:
		_start_sting(now)
	elif _sting != null and soon >= _sting["ends"]:
		_finish_sting()  # another one may wait for its line
	_tend(now)


func _music_ms():
	return _time if _is_paused else _time + now_ms() - _read_at


# The sample at which the music is by its time; the engine reports a position that advances by buffers.
func _expected_sample(now):
	var track = _current["track"]
	var passed = max(now - _current["at"], 0.0) * track["rate"] / 1000.0
	return _wrapped(track, _current["start"] + passed)


# Advance the music's time with the sound.
func _follow_sound():
	var read_at = now_ms()
	var passed = read_at - _read_at
	_time += passed
	_read_at = read_at
	if _current == null:
		return
	var track = _current["track"]
	var sample = _sample_of(_current)
	if not track["loops"] and sample >= track["samples"]:
		return
	# If the engine always reports its first position, the time does not wait for it, nor for a sound
	# that begins much later than requested, as on a page without a click.
	if not _current.has("is_heard"):
		if sample == _current["start"]:
			return
		_current["is_heard"] = true
		var late = _time - _current["at"] - (sample - _current["start"]) * 1000.0 / track["rate"]
		if late > LATE_MS:
			_current["at"] += late
	var expected = _expected_sample(_time)
	var ahead = sample - expected
	if track["loops"] and min(sample, expected) >= track["loop_start"]:
		var half = track["loop_length"] / 2.0
		ahead = fposmod(ahead + half, track["loop_length"]) - half
	ahead *= 1000.0 / track["rate"]
	if abs(ahead) <= STALL_MS:
		ahead *= min(FOLLOWED_A_MS * passed, 1.0)
	_time += max(ahead, -passed)


func _plan(before, options):
	var scene = current_scene()
	var track = _track_for(scene, _stack[-1]["moods"])
	if track == null:
		var hint = _meant(scene, _scenes())
		_tell("no track serves the scene '%s', the music stays; %s" % [scene, hint])
		return
	# Until the jump of restore() is made, what sounds is not what was saved.
	var is_jump = _pending != null and _pending.get("is_jump", false)
	if _current != null and _current["track"] == track and not is_jump:
		_current["scene"] = scene
		_pending = null
		return
	var rule = ["*", "*", "now", 0, "cut"]
	for row in rules:
		if row[0] in ["*", before] and row[1] in ["*", scene]:
			rule = row
			break
	var how = options.get("how", rule[4])
	if not str(how) in HOWS:
		_tell("there is no how '%s'; %s" % [how, _meant(str(how), HOWS)])
		how = rule[4]
	var fade_ms = _number("enter(scene, options)", "fade_ms", options.get("fade_ms", rule[3]), rule[3])
	var keeps_place = not is_jump and _current != null and _shares_bars(track, _current["track"])
	_pending = {
		"track": track, "scene": scene, "at": _music_ms() + _ms_to_line(options.get("when", rule[2])),
		"fade_ms": 0 if how == "cut" else fade_ms,
		"how": "crossfade" if keeps_place and how == "fade" else how, "keeps_place": keeps_place,
		"is_jump": is_jump,
	}


func _take(change, now):
	var old = _current
	if old != null:
		if _is_kept(old["scene"]) and old["scene"] != change["scene"]:
			var place = _place_of(old["scene"])
			var track = old["track"]
			var later = place[1] + int(change["fade_ms"] * track["rate"] / 1000.0)
			_left[old["scene"]] = [place[0], _wrapped(track, later)]
		old["fade"] = _turned(old["fade"], now, change["fade_ms"], 0.0)
	_current = null
	var start = 0
	if change["track"] != null:
		if old != null and change.get("keeps_place", false):
			start = _same_place(change["track"], old["track"], _sample_of(old))
		else:
			start = _place_to_go_on(change, now)
	# Scenes that left the stack start from the beginning when they are entered again.
	for one in _left.keys():
		if not _is_kept(one):
			_left.erase(one)
	if change["track"] == null:
		return
	_left.erase(change["scene"])
	if not change["track"]["loops"] and start >= change["track"]["samples"]:
		start = 0
	var is_silent = true
	for voice in _voices:
		is_silent = is_silent and _point(voice["fade"], now) == 0.0
	var fade_ms = 0 if is_silent and start == 0 else change["fade_ms"]
	_current = _new_voice(change["track"], change["scene"], start, now, fade_ms)
	if _current != null:
		emit_signal("changed", change["track"]["name"], change["scene"])


# Where a change's track goes on: its present position if it still fades out, else where it was left.
func _place_to_go_on(change, now):
	for i in range(_voices.size() - 1, -1, -1):
		var voice = _voices[i]
		var is_sting = voice.get("is_sting", false)
		if voice["track"] == change["track"] and not is_sting and not change.get("is_jump", false):
			if _point(voice["fade"], now) > 0.0:
				return int(_sample_of(voice))
	var left = _left.get(change["scene"], ["", 0])
	return left[1] if left[0] == change["track"]["name"] else 0


func _new_voice(track, scene, start, now, fade_ms):
	var players = []
	for path in track["files"]:
		if not ResourceLoader.exists(_folder + "/" + path):
			_tell("track '%s' stays silent: the project has no %s/%s; export the music again"
					% [track["name"], _folder, path])
			return null
	for path in track["files"]:
		var player = AudioStreamPlayer.new()
		player.stream = load(_folder + "/" + path)
		player.bus = bus
		player.volume_db = SILENT_DB
		add_child(player)
		players.append(player)
	var voice = {
		"track": track, "scene": scene, "players": players, "from": start, "start": start, "at": now,
		"fade": {"start": 1.0 if fade_ms == 0 else 0.0, "end": 1.0, "at": now, "ms": fade_ms},
	}
	_voices.append(voice)
	_set_gains(voice, now)
	# Half a sample more: the engine rounds down.
	var seconds = (start + 0.5) / track["rate"] if start > 0 else 0.0
	# The audio thread must not mix a buffer between two layers: they would be apart by it for good.
	AudioServer.lock()
	for player in players:
		player.play(seconds)
	AudioServer.unlock()
	return voice


func _start_sting(now):
	var waiting = _waiting_sting
	_waiting_sting = null
	if _sting != null:
		_sting["voice"]["fade"] = _turned(_sting["voice"]["fade"], now, 60, 0.0)
	_sting = null
	var voice = _new_voice(waiting["track"], "", 0, now, 0)
	if voice == null:
		_return_from_sting(now)
		return
	voice["is_sting"] = true
	var length = int(waiting["track"]["samples"] * 1000.0 / waiting["track"]["rate"])
	_sting = {"voice": voice, "ends": now + length, "priority": waiting["priority"]}
	_sting_duck = _turned(_sting_duck, now, STING_DUCK_MS, pow(10.0, -STING_DUCK_DB / 20.0))


func _end_sting():
	_waiting_sting = null
	_finish_sting()


func _finish_sting():
	if _sting != null:
		var now = _music_ms()
		_sting["voice"]["fade"] = _turned(_sting["voice"]["fade"], now, 60, 0.0)
		_sting = null
		_return_from_sting(now)


# The fade of the intensity at a time: one that waits for its line leaves the one before it alone.
func _level_at(now):
	return _next_level if now >= _next_level["at"] else _level


func _return_from_sting(now):
	_sting_duck = _turned(_sting_duck, now, STING_RETURN_MS, 1.0)


# The audio thread must not mix a buffer between two layers: they would be apart by it for good.
func _hold_voices(is_held):
	AudioServer.lock()
	for voice in _voices:
		for player in voice["players"]:
			player.stream_paused = is_held
	AudioServer.unlock()


func _tend(now):
	for voice in _voices.duplicate():
		_set_gains(voice, now)
		if voice["fade"]["end"] == 0.0 and now >= voice["fade"]["at"] + voice["fade"]["ms"]:
			_voices.erase(voice)
			for player in voice["players"]:
				player.stop()
				player.queue_free()


func _set_gains(voice, now):
	var gain = volume * sin(_point(voice["fade"], now) * PI / 2.0)
	var shares = []
	if voice.get("is_sting", false):
		gain *= sting_volume
	else:
		gain *= music_volume * min(_point(_game_duck, now), _point(_sting_duck, now))
		shares = spread(_point(_level_at(now), now), voice["players"].size())
	for i in range(voice["players"].size()):
		var share = shares[i] if i < shares.size() else 1.0
		voice["players"][i].volume_db = max(to_db(max(gain * share, 1e-6)), SILENT_DB)


# The amplitudes of some layers at an intensity; the first one always sounds.
func spread(level, layers):
	var upper = max(layers - 1, 1)
	var gains = []
	for i in range(layers):
		gains.append(1.0 if i == 0 else sin(clamp(level * upper - (i - 1), 0.0, 1.0) * PI / 2.0))
	return gains


func _track_for(scene, moods):
	var best = null
	var best_points = 0
	for track in _tracks:
		if track["scene"] != scene:
			continue
		var shared = 0
		for mood in moods:
			if mood in track["moods"]:
				shared += 1
		var points = shared * 100 - (track["moods"].size() - shared) if moods.size() > 0 else 0
		if best == null or points > best_points:
			best = track
			best_points = points
	return best


func _sting_track(name):
	if _named(name) != null:
		return _named(name)
	for track in _tracks:
		if _current != null and track["match"] == _current["track"]["name"]:
			if track["scene"] == name:
				return track
	return _track_for(name, [])


# The track of that name, or null: in a variable, as Godot 4 takes the last `return` for the type.
func _named(name):
	var found = null
	for track in _tracks:
		if track["name"] == name:
			found = track
	return found


# The scenes that have a track, in the order of the tracks.
func _scenes():
	var scenes = []
	for track in _tracks:
		if not track["scene"] in scenes:
			scenes.append(track["scene"])
	return scenes


# Continue a scene's music at a position of a save game; the file may be shorter now.
func _keep(scene, place):
	var track = _named(place["track"])
	if track != null:
		_left[scene] = [track["name"], int(_wrapped(track, max(place["sample"], 0)))]
	return track


# Whether it is what state() returns; JSON has numbers as floats.
func _is_state(saved):
	if typeof(saved) != TYPE_DICTIONARY or not _is_number(saved.get("format")):
		return false
	if saved["format"] != 1 or typeof(saved.get("scenes")) != TYPE_ARRAY:
		return false
	for entry in saved["scenes"]:
		if not _is_place(entry) or typeof(entry.get("moods")) != TYPE_ARRAY:
			return false
	var playing = saved.get("playing")
	var has_levels = _is_number(saved.get("intensity")) and _is_number(saved.get("duck_db"))
	return has_levels and (playing == null or _is_place(playing))


func _is_place(entry):
	if typeof(entry) != TYPE_DICTIONARY or typeof(entry.get("scene")) != TYPE_STRING:
		return false
	var track = entry.get("track")
	return track == null or typeof(track) == TYPE_STRING and _is_number(entry.get("sample"))


func _is_number(value):
	return typeof(value) == TYPE_INT or typeof(value) == typeof(1.0)


# Whether it is a name: in Godot 4 that of a node is a StringName.
func _is_text(value):
	return typeof(value) == TYPE_STRING or typeof(value) == typeof(name)


# The options of a call, of which unknown ones are told; none for what is no Dictionary.
func _options(call, options):
	if typeof(options) != TYPE_DICTIONARY:
		_tell('%s() takes its options as {"when": "bar"}, not as %s' % [call, _in_words(options)])
		return {}
	for word in options:
		if not str(word) in OPTIONS:
			_tell("%s() has no option '%s'; %s" % [call, word, _meant(str(word), OPTIONS)])
	return options


# A list of moods, of which one alone may be given as text.
func _moods(moods):
	var given = moods if typeof(moods) in [TYPE_ARRAY, typeof("".split(" "))] else [moods]
	var list = []
	for mood in given:
		if _is_text(mood):
			list.append(str(mood))
		else:
			_tell("moods are a list of names, not %s" % _in_words(mood))
	return list


# The number that a call was given, else the one of the music or of the call's default.
func _number(call, word, value, otherwise):
	if _is_number(value):
		return value
	_tell("%s takes %s as a number, not %s; it is %s" % [call, word, _in_words(value), otherwise])
	return otherwise


func _in_words(value):
	return "'%s'" % [value]


# A hint for an unknown name: the nearest of these, or the names that there are.
func _meant(name, names):
	var best = ""
	var least = -1
	var all = ""
	for one in names:
		all += ("" if all == "" else ", ") + one
		var far = _distance(name, one)
		if least < 0 or far < least:
			best = one
			least = far
	if least >= 0 and 2 * least <= name.length():
		return "did you mean '%s'?" % best
	return "there are: " + all


# The edit distance of two words: letters to change, insert or remove.
func _distance(one, other):
	var row = range(other.length() + 1)
	for i in range(one.length()):
		var corner = row[0]
		row[0] = i + 1
		for j in range(other.length()):
			var changed = corner + (0 if one[i] == other[j] else 1)
			corner = row[j + 1]
			row[j + 1] = int(min(min(row[j + 1] + 1, row[j] + 1), changed))
	return row[other.length()]


func _is_kept(scene):
	for entry in _stack:
		if entry["scene"] == scene:
			return true
	return false


# The track and sample where a scene's music is or was left; null and 0 for none.
func _place_of(scene):
	if _current != null and _current["scene"] == scene:
		return [_current["track"]["name"], int(_sample_of(_current))]
	return _left.get(scene, [null, 0])


func _sample_of(voice):
	if voice.has("held"):
		return voice["held"]
	if not voice["track"]["loops"] and not voice["players"][0].playing:
		return voice["track"]["samples"] # it has ended
	var seconds = voice["players"][0].get_playback_position()
	if voice["from"] > 0:
		# Godot 3 says 0 until the first buffer is mixed: a game saved then would lose its place.
		if seconds == 0.0:
			return voice["from"]
		voice["from"] = 0
	if voice["players"][0].playing:
		# By the system's clock, so it also counts while nothing is mixed: no buffer is that long.
		seconds += min(AudioServer.get_time_since_last_mix(), LONGEST_BUFFER_SECONDS)
	return _wrapped(voice["track"], seconds * voice["track"]["rate"])


func _wrapped(track, sample):
	if not track["loops"]:
		return min(sample, track["samples"])
	if sample < track["loop_start"]:
		return sample
	return track["loop_start"] + fmod(sample - track["loop_start"], track["loop_length"])


# The run of equal bars around a sample: its start, its first bar, and the length of a bar.
func _grid(track, sample):
	if track["loops"]:
		if sample < track["loop_start"]:
			return [0.0, 0, track["loop_start"] * 1.0 / track["loop_start_bar"]]
		var bar = track["loop_length"] * 1.0 / track["loop_bars"]
		return [track["loop_start"] * 1.0, track["loop_start_bar"], bar]
	return [0.0, 0, 60.0 * track["beats_per_bar"] * track["rate"] / track["bpm"]]


# Whether both are the same music bar for bar: a track and its variant, or two of one.
func _shares_bars(track, other):
	return _root(track) == _root(other) and track["bars"] == other["bars"]


func _root(track):
	return track["name"] if track["like"] == "" else track["like"]


# The sample of a track in the same bar, and as far into it, as another's.
func _same_place(track, other, sample):
	var grid = _grid(other, sample)
	var bars = grid[1] + (sample - grid[0]) / grid[2]
	if bars >= track["bars"]:
		bars -= track["loop_bars"]
	if not track["loops"]:
		return int(bars * 60.0 * track["beats_per_bar"] * track["rate"] / track["bpm"])
	if bars < track["loop_start_bar"]:
		return int(bars * track["loop_start"] / track["loop_start_bar"])
	var inside = (bars - track["loop_start_bar"]) * track["loop_length"] / track["loop_bars"]
	return int(track["loop_start"] + inside)


func _bar_and_beat(track, sample):
	var grid = _grid(track, sample)
	var bars = (sample - grid[0]) / grid[2]
	var bar = grid[1] + int(floor(bars))
	if track["loops"] and bar >= track["bars"]:
		bar -= track["loop_bars"]
	var beat = int(floor((bars - floor(bars)) * track["felt_beats"]))
	return [int(min(bar, track["bars"] - 1)), int(min(beat, track["felt_beats"] - 1))]


# Milliseconds from now to the next line of what plays; 0 in silence.
func _ms_to_line(when):
	when = str(when)
	if not when in WHENS:
		_tell("there is no when '%s'; %s" % [when, _meant(str(when), WHENS)])
		return 0
	if _current == null or when == "now":
		return 0
	var sample = _expected_sample(_music_ms())
	return int(round(samples_to_line(_current["track"], sample, when) * 1000.0
			/ _current["track"]["rate"]))


# The number of samples from one of the file to the next beat, bar or section of it.
func samples_to_line(track, sample, when):
	if not track["loops"] and sample >= track["samples"]:
		return 0
	if when == "section":
		for line in track["section_samples"]:
			if line >= sample:
				return line - sample
		var first = track["samples"]
		for line in track["section_samples"]:
			if track["loops"] and line >= track["loop_start"]:
				first = min(first, line)
		if first == track["samples"]:
			first = track["loop_start"]
		var rest = track["samples"] - sample
		return rest + first - track["loop_start"] if track["loops"] else rest
	var grid = _grid(track, sample)
	var unit = grid[2] / (track["felt_beats"] if when == "beat" else 1)
	var into = fmod(sample - grid[0], unit)
	return 0 if into < 1.0 else unit - into


func _turned(fade, at, ms, end):
	return {"start": _point(fade, at), "end": end, "at": at, "ms": ms}


func _point(fade, now):
	if now < fade["at"]:
		return fade["start"]
	if now >= fade["at"] + fade["ms"]:
		return fade["end"]
	return fade["start"] + (fade["end"] - fade["start"]) * (now - fade["at"]) / fade["ms"]


func _tell(message):
	if not _told.has(message):
		_told[message] = true
		push_warning("chipassets: " + message)


# Milliseconds of a clock that only goes forward; music.gd says which.
func now_ms():
	return 0


# An amplitude in decibels; the two versions name that function differently.
func to_db(_gain):
	return SILENT_DB
