# Adds the autoload `Music` to the project.
tool
extends EditorPlugin

const AUTOLOAD = "Music"


func _enter_tree():
	add_autoload_singleton(AUTOLOAD, "res://addons/chipassets/music.gd")


func _exit_tree():
	remove_autoload_singleton(AUTOLOAD)
