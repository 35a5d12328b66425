# Plays the calls of scenario.py on the add-on's core, in Godot 3 without sound: time is a number.
extends Node


class Silent:
	extends "res://addons/chipassets/music_core.gd"
	var now = 0.0
	var heard_ms = 0.0 # of the sound, which may stall
	var stalls_until = 0.0

	func now_ms():
		return now

	func _tell(message):
		print("warn\t", message)

	func to_db(gain):
		return gain

	func _new_voice(track, scene, start, at, fade_ms):
		print("start\t%s\t%d\t%.6f" % [track["files"][0], start, now / 1000.0])
		var players = []
		for _file in track["files"]:
			players.append(AudioStreamPlayer.new())
		var fade = {"start": 1.0 if fade_ms == 0 else 0.0, "end": 1.0, "at": at, "ms": fade_ms}
		var voice = {
			"track": track, "scene": scene, "players": players, "fade": fade,
			"start": start, "at": at, "began": heard_ms - start * 1000.0 / track["rate"],
		}
		_voices.append(voice)
		return voice

	func _hold_voices(is_held):
		for voice in _voices:
			if is_held:
				voice["held_at"] = heard_ms
			else:
				voice["began"] += heard_ms - voice["held_at"]

	func _sample_of(voice):
		if voice.has("held"):
			return voice["held"]
		var ms = heard_ms - voice["began"]
		return _wrapped(voice["track"], ms * voice["track"]["rate"] / 1000.0)


func _ready():
	var music = Silent.new()
	music.setup(load("res://music/tracks.gd").TRACKS, "res://music")
	var file = File.new()
	file.open("res://calls.txt", File.READ)
	var calls = []
	for line in file.get_as_text().strip_edges().split("\n"):
		calls.append(line.split("\t"))
	var saved = null
	while not calls.empty():
		while not calls.empty() and float(calls[0][0]) * 1000 <= music.now:
			saved = call_on(music, calls.pop_front(), saved)
		music.update()
		music.now += 10
		if music.now > music.stalls_until:
			music.heard_ms += 10
	get_tree().quit()


func manner(when, fade, how):
	var options = {}
	if when != "":
		options["when"] = when
	if fade != "":
		options["fade_ms"] = float(fade) * 1000
	if how != "":
		options["how"] = how
	return options


func call_on(music, row, saved):
	match row[1]:
		"enter":
			var options = manner(row[3], row[4], row[5])
			options["moods"] = Array(row[6].split(",", false))
			music.enter(row[2], options)
		"leave":
			music.leave(manner(row[2], row[3], row[4]))
		"sting":
			music.sting(row[2], row[3], int(row[4]))
		"intensity":
			music.intensity(float(row[2]), float(row[3]) * 1000, row[4])
		"duck":
			music.duck(float(row[2]), float(row[3]) * 1000)
		"pause":
			music.pause()
		"resume":
			music.resume()
		"stall":
			music.stalls_until = music.now + float(row[2]) * 1000
		"stop":
			music.stop(float(row[2]) * 1000)
		"slip":
			music.sting("victroy")
			music.enter(row[2], {"when": "bars", "how": "fead", "fade": 1})
		"mistake":
			music.enter(5)
			music.enter("title", "bar")
			music.enter("title", {"moods": 5})
			music.leave({"whn": "bar"})
			music.intensity("loud")
			music.intensity(0.25, {"when": "bar"})
			music.duck(0, "slowly")
			music.sting(5)
			music.sting("title", "now", "high")
		"save":
			print("state\t", to_json(music.state()))
			return music.state()
		"playing":
			var there = music.now_playing()
			print("playing\t", "-" if there == null else there["track"])
		"worn":
			for entry in saved["scenes"]:
				entry["sample"] = 400000000
			print("restored\t", str(music.restore(saved)).to_lower())
		"restore":
			print("restored\t", str(music.restore(saved)).to_lower())
		"refuse":
			print("restored\t", str(music.restore(parse_json(row[2]))).to_lower())
		"gains":
			for voice in music._voices:
				for i in range(voice["players"].size()):
					var gain = voice["players"][i].volume_db
					print("gain\t%s\t%f" % [voice["track"]["files"][i], gain])
	return saved
