# Plays title, overworld (with layers), battle, victory, and back; keys 1 to 4, and up and down.
extends Node

var _level = 1.0


func _ready():
	Music.enter("title")


func _input(event):
	if not (event is InputEventKey and event.pressed and not event.is_echo()):
		return
	match char(event.unicode):
		"1":
			Music.enter("title")
		"2":
			Music.enter("overworld")
		"3":
			Music.enter("battle")
		"4":
			Music.sting("victory", "beat")
			Music.leave({"when": "bar"})
		"+":
			_level = min(_level + 0.25, 1.0)
			Music.intensity(_level)
		"-":
			_level = max(_level - 0.25, 0.0)
			Music.intensity(_level)
