# The autoload `Music` for Godot 3: see music_core.gd.
extends "music_core.gd"

const Tracks = preload("@MUSIC@/tracks.gd")


func _init():
	setup(Tracks.TRACKS, "@MUSIC@")
	pause_mode = PAUSE_MODE_PROCESS


func now_ms():
	return OS.get_ticks_msec()


func to_db(gain):
	return linear2db(gain)
