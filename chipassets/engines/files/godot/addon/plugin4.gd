# Adds the autoload `Music`, the dock and the importer of manifests to the editor.
@tool
extends EditorPlugin

const AUTOLOAD = "Music"
const Dock = preload("dock.gd")
const ManifestImporter = preload("manifest_importer.gd")

var _dock: Control
var _importer: EditorImportPlugin


func _enter_tree() -> void:
	add_autoload_singleton(AUTOLOAD, "res://addons/chipassets/music.gd")
	_importer = ManifestImporter.new()
	add_import_plugin(_importer)
	_dock = Dock.new()
	_dock.name = "Chipassets"
	_dock.setup(get_editor_interface())
	add_control_to_dock(DOCK_SLOT_RIGHT_UL, _dock)


func _exit_tree() -> void:
	remove_control_from_docks(_dock)
	_dock.free()
	remove_import_plugin(_importer)
	remove_autoload_singleton(AUTOLOAD)
