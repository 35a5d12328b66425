# The autoload `Music` for Godot 4: see music_core.gd.
extends "music_core.gd"

const Tracks = preload("@MUSIC@/tracks.gd")


func _init():
	setup(Tracks.TRACKS, "@MUSIC@")
	process_mode = PROCESS_MODE_ALWAYS


func now_ms():
	return Time.get_ticks_msec()


func to_db(gain):
	return linear_to_db(gain)
