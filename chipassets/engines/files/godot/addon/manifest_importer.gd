# Lets a manifest (NAME.music.yaml) be a resource of the project: its text, and the tracks' names.
@tool
extends EditorImportPlugin


func _get_importer_name() -> String:
	return "chipassets.manifest"


func _get_visible_name() -> String:
	return "Chipassets manifest"


func _get_recognized_extensions() -> PackedStringArray:
	return PackedStringArray(["yaml"])


func _get_save_extension() -> String:
	return "res"


func _get_resource_type() -> String:
	return "Resource"


func _get_priority() -> float:
	return 1.0


func _get_import_order() -> int:
	return 0


func _get_preset_count() -> int:
	return 1


func _get_preset_name(_preset: int) -> String:
	return "Default"


func _get_import_options(_path: String, _preset: int) -> Array[Dictionary]:
	return []


func _get_option_visibility(_path: String, _option: StringName, _options: Dictionary) -> bool:
	return true


func _import(
	source: String,
	save_path: String,
	_options: Dictionary,
	_platforms: Array[String],
	_files: Array[String]
) -> Error:
	var file := FileAccess.open(source, FileAccess.READ)
	if file == null:
		return FileAccess.get_open_error()
	var resource := Resource.new()
	resource.set_meta("manifest", file.get_as_text())
	resource.set_meta("tracks", track_names(file.get_as_text()))
	return ResourceSaver.save(resource, save_path + "." + _get_save_extension())


# The names below `tracks:` at the first depth that is indented.
static func track_names(text: String) -> PackedStringArray:
	var names := PackedStringArray()
	var depth := -1
	var inside := false
	for line in text.split("\n"):
		var stripped := line.strip_edges()
		if stripped.is_empty() or stripped.begins_with("#"):
			continue
		var indent := line.length() - line.lstrip(" ").length()
		if indent == 0:
			inside = stripped.begins_with("tracks:")
			depth = -1
		elif inside:
			if depth < 0:
				depth = indent
			if indent == depth and ":" in stripped:
				names.append(stripped.get_slice(":", 0).strip_edges())
	return names
