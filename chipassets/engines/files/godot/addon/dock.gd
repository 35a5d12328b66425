# The dock: builds the music, lists what is wrong with the manifest by line, and a track's takes.
#
# It runs the command `chipassets` in a thread. Where that is not installed everything else works
# on the files that are committed. Settings of the project: chipassets/command,
# chipassets/manifest; the editor asks for them under Project Settings, General, Chipassets.
@tool
extends VBoxContainer

const COMMAND = "chipassets/command"
const MANIFEST = "chipassets/manifest"
const MANIFEST_DEFAULT = "res://game.music.yaml"

var _editor: EditorInterface
var _thread: Thread
var _buttons: Array[Button] = []
var _tracks := OptionButton.new()
var _progress := ProgressBar.new()
var _list := ItemList.new()
var _log := RichTextLabel.new()


func setup(editor: EditorInterface) -> void:
	_editor = editor
	_ask_setting(COMMAND, "chipassets")
	_ask_setting(MANIFEST, MANIFEST_DEFAULT)


func _ready() -> void:
	var row := HBoxContainer.new()
	add_child(row)
	_add_button(row, "Build", _build)
	_add_button(row, "Problems", _validate)
	_add_button(row, "Takes", _takes)
	add_child(_tracks)
	_progress.indeterminate = true
	_progress.visible = false
	add_child(_progress)
	_list.size_flags_vertical = Control.SIZE_EXPAND_FILL
	_list.item_activated.connect(_open_problem)
	add_child(_list)
	_log.size_flags_vertical = Control.SIZE_EXPAND_FILL
	_log.selection_enabled = true
	add_child(_log)
	_list_tracks()


func _exit_tree() -> void:
	if _thread != null:
		_thread.wait_to_finish()


func _ask_setting(name: String, value: String) -> void:
	if not ProjectSettings.has_setting(name):
		ProjectSettings.set_setting(name, value)
	ProjectSettings.set_initial_value(name, value)
	ProjectSettings.add_property_info({"name": name, "type": TYPE_STRING})


func _add_button(row: Control, text: String, action: Callable) -> void:
	var button := Button.new()
	button.text = text
	button.pressed.connect(action)
	row.add_child(button)
	_buttons.append(button)


func _manifest() -> String:
	return ProjectSettings.globalize_path(ProjectSettings.get_setting(MANIFEST))


func _build() -> void:
	_run(["build", _manifest(), "--json"], _built)


func _validate() -> void:
	_run(["validate", _manifest(), "--json"], _validated)


func _takes() -> void:
	if _tracks.item_count > 0:
		var track := _tracks.get_item_text(maxi(_tracks.selected, 0))
		_run(["takes", _manifest(), track], _show_text)


func _run(arguments: Array, then: Callable) -> void:
	if _thread != null:
		return
	_list.clear()
	_log.text = ""
	_progress.visible = true
	for button in _buttons:
		button.disabled = true
	var command: String = ProjectSettings.get_setting(COMMAND)
	_thread = Thread.new()
	_thread.start(_execute.bind(command, PackedStringArray(arguments), then))


func _execute(command: String, arguments: PackedStringArray, then: Callable) -> void:
	var output: Array = []
	var code := OS.execute(command, arguments, output, true)
	_finish.call_deferred(command, code, "".join(output), then)


func _finish(command: String, code: int, text: String, then: Callable) -> void:
	_thread.wait_to_finish()
	_thread = null
	_progress.visible = false
	for button in _buttons:
		button.disabled = false
	if code == -1 or code == 127:
		_tell_missing(command)
	else:
		then.call(text)


func _tell_missing(command: String) -> void:
	_log.text = (
		"'%s' cannot be run. Install it (uv tool install chipassets), or set its path in " % command
		+ "Project Settings, Chipassets, Command. The music that is committed plays without it."
	)


func _built(text: String) -> void:
	if _show_problems(text):
		return
	var result: Variant = _result_in(text)
	if result is Dictionary and result.has("tracks"):
		for track: Dictionary in result["tracks"]:
			_log.append_text("%s: %s\n" % [track["name"], track["done"]])
		for warning: String in result["warnings"]:
			_list.add_item(warning)
	else:
		_show_text(text)
	_editor.get_resource_filesystem().scan()
	_list_tracks()


func _validated(text: String) -> void:
	if not _show_problems(text):
		_log.text = "The manifest is valid."


func _show_problems(text: String) -> bool:
	var result: Variant = _result_in(text)
	if not (result is Dictionary and result.has("error")):
		return false
	var error: Dictionary = result["error"]
	for problem: Dictionary in error.get("problems", []):
		var line := int(problem.get("line", 1))
		var item := _list.add_item("line %d: %s: %s" % [line, problem["found"], problem["why"]])
		_list.set_item_tooltip(item, problem["fix"])
		_list.set_item_metadata(item, line)
	if not error.has("problems"):
		_log.text = error["message"]
	return true


# What the command prints as JSON, among which stand its warnings; null for anything else.
func _result_in(text: String) -> Variant:
	var json := JSON.new()
	var start := text.find("{")
	if start < 0 or json.parse(text.substr(start, text.rfind("}") + 1 - start)) != OK:
		return null
	return json.data


func _show_text(text: String) -> void:
	_log.text = text


func _open_problem(_index: int) -> void:
	OS.shell_open(_manifest())


func _list_tracks() -> void:
	_tracks.clear()
	var file := FileAccess.open(_manifest(), FileAccess.READ)
	if file == null:
		return
	for track in preload("manifest_importer.gd").track_names(file.get_as_text()):
		_tracks.add_item(track)
