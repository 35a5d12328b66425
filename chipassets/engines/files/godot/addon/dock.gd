# The dock: builds the music, lists what is wrong with the manifest by line, and a track's takes, to
# hear, accept or reject.
#
# It runs the command `chipassets` in a thread. Where that is not installed everything else works
# on the files that are committed. Settings of the project: chipassets/command,
# chipassets/manifest; the editor asks for them under Project Settings, General, Chipassets.
@tool
extends VBoxContainer

const COMMAND = "chipassets/command"
const MANIFEST = "chipassets/manifest"
const MANIFEST_DEFAULT = "res://game.music.yaml"
const PROGRESS_FILE = "user://chipassets-progress.json"
const HEARD_FILE = "user://chipassets-take.ogg"

var _editor: EditorInterface
var _thread: Thread
var _buttons: Array[Button] = []
var _take_buttons: Array[Button] = []
var _tracks := OptionButton.new()
var _progress := ProgressBar.new()
var _list := ItemList.new()
var _log := RichTextLabel.new()
var _heard := AudioStreamPlayer.new()
var _wait := 0.0


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
	var takes := HBoxContainer.new()
	add_child(takes)
	_take_buttons.append(_add_button(takes, "Hear", _hear))
	_take_buttons.append(_add_button(takes, "Accept", _decide.bind("--accept")))
	_take_buttons.append(_add_button(takes, "Reject", _decide.bind("--reject")))
	_add_button(takes, "Stop", _heard.stop)
	_progress.visible = false
	add_child(_progress)
	_list.size_flags_vertical = Control.SIZE_EXPAND_FILL
	_list.item_activated.connect(_open)
	_list.item_selected.connect(_enable_takes)
	add_child(_list)
	_log.size_flags_vertical = Control.SIZE_EXPAND_FILL
	_log.selection_enabled = true
	add_child(_log)
	add_child(_heard)
	_enable_takes()
	_list_tracks()


func _exit_tree() -> void:
	if _thread != null:
		_thread.wait_to_finish()


# While the command runs, what it keeps in its file is shown.
func _process(delta: float) -> void:
	_wait += delta
	if _thread != null and _wait > 0.25:
		_wait = 0.0
		_show_progress()


func _ask_setting(setting: String, value: String) -> void:
	if not ProjectSettings.has_setting(setting):
		ProjectSettings.set_setting(setting, value)
	ProjectSettings.set_initial_value(setting, value)
	ProjectSettings.add_property_info({"name": setting, "type": TYPE_STRING})


func _add_button(row: Control, text: String, action: Callable) -> Button:
	var button := Button.new()
	button.text = text
	button.pressed.connect(action)
	row.add_child(button)
	_buttons.append(button)
	return button


func _manifest() -> String:
	return ProjectSettings.globalize_path(ProjectSettings.get_setting(MANIFEST))


func _track() -> String:
	return _tracks.get_item_text(maxi(_tracks.selected, 0)) if _tracks.item_count > 0 else ""


func _build() -> void:
	var file := ProjectSettings.globalize_path(PROGRESS_FILE)
	_run(["build", _manifest(), "--json", "--progress-file", file], _built)


func _validate() -> void:
	_run(["validate", _manifest(), "--json"], _validated)


func _takes() -> void:
	if _track() != "":
		_run(["takes", _manifest(), _track(), "--json"], _show_takes)


func _hear() -> void:
	var file := ProjectSettings.globalize_path(HEARD_FILE)
	_run(["takes", _manifest(), _track(), "--export", _selected_take(), "-o", file], _play_take, true)


func _decide(option: String) -> void:
	_run(["takes", _manifest(), _track(), option, _selected_take()], _decided)


func _decided(text: String) -> void:
	_show_text(text)
	_takes()


func _play_take(text: String) -> void:
	_show_text(text)
	_heard.stream = AudioStreamOggVorbis.load_from_file(HEARD_FILE)
	_heard.play()


# Of the take that is chosen in the list, "" where the list shows something else.
func _selected_take() -> String:
	for index in _list.get_selected_items():
		var data: Variant = _list.get_item_metadata(index)
		if data is String:
			return data
	return ""


func _enable_takes(_index := 0) -> void:
	for button in _take_buttons:
		button.disabled = _thread != null or _selected_take() == ""


func _run(arguments: Array, then: Callable, keeps_list := false) -> void:
	if _thread != null:
		return
	if not keeps_list:
		_list.clear()
	_log.text = ""
	DirAccess.remove_absolute(ProjectSettings.globalize_path(PROGRESS_FILE))
	_progress.indeterminate = true
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
	elif code != 0 and _result_in(text) == null:
		_show_text(text)
	else:
		then.call(text)
	_enable_takes()


func _show_progress() -> void:
	var file := FileAccess.open(PROGRESS_FILE, FileAccess.READ)
	if file == null:
		return
	var far: Variant = _result_in(file.get_as_text())
	if far is Dictionary and far.get("total", 0) > 0:
		_progress.indeterminate = false
		_progress.max_value = far["total"]
		_progress.value = far["done"]
		_progress.tooltip_text = "%d of %d tracks; %s" % [far["done"], far["total"], far["left"]]


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


func _show_takes(text: String) -> void:
	if _show_problems(text):
		return
	var result: Variant = _result_in(text)
	if not (result is Dictionary and result.has("takes")):
		_show_text(text)
		return
	# Versions are takes that were repaired or brought from outside: 5.1, 5.2.
	for take: Dictionary in result["takes"] + result.get("versions", []):
		var number := str(take["take"]).trim_suffix(".0")
		var row := "%s  %.2f  %s" % [number, take["score"], take["state"]]
		if take["refused"] != null:
			row += "refused: %s" % take["refused"]
		var item := _list.add_item(row)
		_list.set_item_metadata(item, number)
		_list.set_item_tooltip(item, ", ".join(PackedStringArray(take["complaints"])))


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


# A double click opens the manifest for a problem, and plays a take.
func _open(_index: int) -> void:
	if _selected_take() == "":
		OS.shell_open(_manifest())
	else:
		_hear()


func _list_tracks() -> void:
	_tracks.clear()
	var file := FileAccess.open(_manifest(), FileAccess.READ)
	if file == null:
		return
	for track in preload("manifest_importer.gd").track_names(file.get_as_text()):
		_tracks.add_item(track)
