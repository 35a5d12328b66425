/// The music of the game for GameMaker (2022.9 and later). Put it into a script `chipassets`, and the
/// folder `music` into the Included Files. Written by chipassets with each build.
///
///     music_init();                               // once, at the start of the game
///     music_step();                               // every step, in one object that is persistent
///     music_enter("overworld");                   // whenever the game's scene changes
///     music_enter("battle", { when: "bar" });     // also fade_ms, how, moods, in place of the rule's
///     music_leave();                              // back to the scene below, where its music was left
///     music_intensity(0.4);                       // fewer layers
///     music_sting("victory", "beat");             // once over the music, which is ducked
///     music_duck(12); music_duck(0);              // lower for speech, and back
///     music_pause(); music_resume();              // hold everything, and go on
///     save.music = music_state();                 // a struct; music_restore(save.music)

#macro MUSIC_STING_DUCK 0.2511886
#macro MUSIC_STING_DUCK_MS 80
#macro MUSIC_STING_RETURN_MS 500
#macro MUSIC_RELEASE_MS 60
// A larger lag of the sound is a stall; a smaller one is corrected by this share per millisecond.
#macro MUSIC_STALL_MS 100
#macro MUSIC_FOLLOWED_A_MS 0.006
#macro MUSIC_LATE_MS 1000
#macro MUSIC_ROUNDING_MS 0.5

/// Prepare the tracks: call it once.
function music_init() {
    global.music = {
        tracks: json_parse(@TRACKS@),
        levels: { shop: 1, battle: 2, boss: 2, victory: 2, menu: 3 },
        // From, to, when ("now", "beat", "bar", "section"), milliseconds, how ("crossfade", "fade", "cut").
        rules: [
            ["*", "battle", "now", 120, "crossfade"], ["*", "boss", "now", 120, "crossfade"],
            ["*", "victory", "now", 60, "crossfade"], ["*", "game_over", "now", 400, "crossfade"],
            ["town", "shop", "bar", 400, "crossfade"], ["shop", "town", "bar", 400, "crossfade"],
            ["*", "*", "now", 800, "crossfade"]
        ],
        volume: 0.8, music_volume: 1, sting_volume: 1,
        stack: [], left: {}, voices: [], told: {},
        time: 0, read_at: 0, is_paused: false,
        current: undefined, pending: undefined, sting: undefined, waiting: undefined,
        level: music_fade(1, 1, 0, 0), next_level: music_fade(1, 1, 0, 0),
        game_duck: music_fade(1, 1, 0, 0), sting_duck: music_fade(1, 1, 0, 0)
    };
    var _tracks = global.music.tracks;
    for (var i = 0; i < array_length(_tracks); i++) {
        var _track = _tracks[i];
        _track.assets = [];
        for (var n = 0; n < array_length(_track.files); n++) {
            array_push(_track.assets, audio_create_stream("music/" + _track.files[n]));
        }
    }
}

/// Enter a scene: over those of lower levels, in place of one of its level, or back to a kept one.
function music_enter(_scene, _options = {}) {
    if (!is_string(_scene)) {
        music_tell("music_enter() takes the name of a scene, not '" + string(_scene) + "'");
        return;
    }
    _options = music_options("music_enter()", _options);
    var _m = global.music, _before = music_scene(), _moods = music_mood_list(_options);
    var _same = _before == _scene && music_same_list(music_moods(), _moods), _at = -1;
    for (var i = 0; i < array_length(_m.stack); i++) {
        if (_m.stack[i].scene == _scene) _at = i;
    }
    if (_at >= 0) {
        array_resize(_m.stack, _at);
    } else {
        while (array_length(_m.stack) > 0 && music_level(music_scene()) >= music_level(_scene)) {
            array_pop(_m.stack);
        }
    }
    array_push(_m.stack, { scene: _scene, moods: _moods });
    if (!_same) music_plan(_before, _options);
}

/// Leave the scene for the one below, whose music continues; the last one cannot be left.
function music_leave(_options = {}) {
    _options = music_options("music_leave()", _options);
    var _m = global.music;
    if (array_length(_m.stack) > 1) {
        var _before = music_scene();
        array_pop(_m.stack);
        music_plan(_before, _options);
    }
}

/// Fade to silence and forget every scene.
function music_stop(_fade_ms = 800) {
    var _m = global.music;
    _fade_ms = music_number("music_stop(fade_ms)", "fade_ms", _fade_ms, 800);
    _m.stack = [];
    _m.left = {};
    _m.pending = music_change(undefined, "", music_now(), _fade_ms, "crossfade");
    music_end_sting();
}

/// Pause the music, fades, stings and pending changes until music_resume().
function music_pause() {
    var _m = global.music;
    if (_m.is_paused) return;
    _m.time = music_now();
    _m.is_paused = true;
    for (var i = 0; i < array_length(_m.voices); i++) {
        var _sounds = _m.voices[i].sounds;
        for (var n = 0; n < array_length(_sounds); n++) audio_pause_sound(_sounds[n]);
    }
}

/// Resume where music_pause() stopped.
function music_resume() {
    var _m = global.music;
    if (!_m.is_paused) return;
    _m.read_at = current_time;
    _m.is_paused = false;
    for (var i = 0; i < array_length(_m.voices); i++) {
        var _sounds = _m.voices[i].sounds;
        for (var n = 0; n < array_length(_sounds); n++) audio_resume_sound(_sounds[n]);
    }
}

/// Fade the intensity to 0..1, at once or at the next musical line.
function music_intensity(_level, _fade_ms = 600, _when = "now") {
    var _m = global.music, _call = "music_intensity(level, fade_ms, when)";
    var _to = clamp(music_number(_call, "level", _level, _m.next_level.last), 0, 1);
    _fade_ms = music_number(_call, "fade_ms", _fade_ms, 600);
    var _at = music_now() + music_ms_to_line(_when);
    if (_to != _m.next_level.last || _at < _m.next_level.at) {
        _m.level = music_level_at(music_now());
        _m.next_level = music_turned(_m.level, _at, _fade_ms, _to);
    }
}

/// Lower the music by some decibels until the next call; 0 restores it.
function music_duck(_by_db = 12, _fade_ms = 150) {
    var _call = "music_duck(by_db, fade_ms)";
    _fade_ms = music_number(_call, "fade_ms", _fade_ms, 150);
    var _gain = power(10, -max(music_number(_call, "by_db", _by_db, 12), 0) / 20);
    global.music.game_duck = music_turned(global.music.game_duck, music_now(), _fade_ms, _gain);
}

/// Play a track, or a scene's track, once over the music; a sounding one of higher priority stays.
function music_sting(_name, _when = "now", _priority = 0) {
    if (!is_string(_name)) {
        music_tell("music_sting() takes the name of a track or scene, not '" + string(_name) + "'");
        return;
    }
    _priority = music_number("music_sting(name, when, priority)", "priority", _priority, 0);
    var _m = global.music, _track = music_sting_track(_name);
    if (is_undefined(_track)) {
        var _names = music_scenes();
        for (var i = 0; i < array_length(_m.tracks); i++) array_push(_names, _m.tracks[i].name);
        music_known("sting", _name, _names);
        return;
    }
    if (!is_undefined(_m.current) && _m.current.track == _track) return;
    if (!is_undefined(_m.sting) && _m.sting.priority > _priority) return;
    if (!is_undefined(_m.waiting) && _m.waiting.priority > _priority) return;
    _m.waiting = { track: _track, at: music_now() + music_ms_to_line(_when), priority: _priority };
}

/// The name of the track that sounds; "" in silence and after the end of one that plays once.
function music_playing() {
    var _voice = global.music.current;
    if (is_undefined(_voice)) return "";
    var _is_over = !_voice.track.loops && music_sample(_voice) >= _voice.track.samples;
    return _is_over ? "" : _voice.track.name;
}

/// The state of the music, as a struct for a save game; its JSON is the same in every engine.
function music_state() {
    var _m = global.music, _scenes = [], _playing = undefined;
    for (var i = 0; i < array_length(_m.stack); i++) {
        var _place = music_place(_m.stack[i].scene);
        array_push(_scenes, {
            scene: _m.stack[i].scene, moods: _m.stack[i].moods, track: _place.track, sample: _place.sample
        });
    }
    if (!is_undefined(_m.current)) {
        var _here = music_place(_m.current.scene);
        _playing = { scene: _m.current.scene, track: _here.track, sample: _here.sample };
    }
    return {
        format: 1, scenes: _scenes, playing: _playing, intensity: _m.next_level.last,
        duck_db: abs(20 * log10(max(_m.game_duck.last, 0.0000000001)))
    };
}

/// Restore a value of music_state() with a crossfade. Returns whether it was a state.
function music_restore(_saved, _fade_ms = 800) {
    var _m = global.music;
    if (!music_is_state(_saved)) {
        music_tell("music_restore() was given what no music_state() returned; the music stays as it is");
        return false;
    }
    _fade_ms = music_number("music_restore(saved, fade_ms)", "fade_ms", _fade_ms, 800);
    _m.stack = [];
    _m.left = {};
    for (var i = 0; i < array_length(_saved.scenes); i++) {
        var _entry = _saved.scenes[i];
        array_push(_m.stack, { scene: _entry.scene, moods: _entry.moods });
        music_keep(_entry.scene, _entry);
    }
    music_end_sting();
    music_duck(_saved.duck_db, 0);
    _m.level = music_fade(clamp(_saved.intensity, 0, 1), clamp(_saved.intensity, 0, 1), 0, 0);
    _m.next_level = _m.level;
    if (!is_undefined(_m.current)) _m.current.scene = "";
    var _scene = music_scene();
    var _wanted = (array_length(_m.stack) > 0) ? music_track(_scene, music_moods()) : undefined;
    if (is_undefined(_wanted) && is_struct(_saved.playing)) {
        _wanted = music_named(_saved.playing.track);
        if (!is_undefined(_wanted)) {
            _scene = _saved.playing.scene;
            music_keep(_scene, _saved.playing);
        }
    }
    _m.pending = music_change(_wanted, _scene, music_now(), _fade_ms, "crossfade");
    _m.pending.is_jump = true;
    return true;
}

/// Update the music: call it in every step.
function music_step() {
    var _m = global.music;
    if (_m.is_paused) return;
    music_follow_sound();
    var _now = _m.time, _soon = _now + MUSIC_ROUNDING_MS; // rounding puts nothing off by a step
    if (!is_undefined(_m.pending) && _soon >= _m.pending.at) {
        var _change = _m.pending;
        _m.pending = undefined;
        if (_change.how == "fade" && !is_undefined(_m.current) && !is_undefined(_change.track)) {
            var _at = _now + _change.fade_ms;
            _m.pending = music_change(_change.track, _change.scene, _at, _change.fade_ms, "crossfade");
            _m.pending.is_jump = _change.is_jump;
            _change.track = undefined;
        }
        music_take(_change, _now);
    }
    if (!is_undefined(_m.waiting) && _soon >= _m.waiting.at) {
        music_start_sting(_now);
    } else if (!is_undefined(_m.sting) && _soon >= _m.sting.ends) {
        music_finish_sting(); // another one may wait for its line
    }
    for (var i = array_length(_m.voices) - 1; i >= 0; i--) {
        var _voice = _m.voices[i];
        if (!_voice.is_settled) music_settle(_voice);
        music_set_gains(_voice, _now);
        if (_voice.fade.last == 0 && _now >= _voice.fade.at + _voice.fade.ms) {
            for (var n = 0; n < array_length(_voice.sounds); n++) audio_stop_sound(_voice.sounds[n]);
            array_delete(_m.voices, i, 1);
        }
    }
}

/// The amplitude of a layer (from 0) of `count` at an intensity; the first one always sounds.
function music_share(_level, _layer, _layers) {
    if (_layer == 0) return 1;
    return sin(clamp(_level * max(_layers - 1, 1) - (_layer - 1), 0, 1) * pi / 2);
}

// What follows is the player's own.

// The music's time follows the sound: it stands still in a pause, and where the sound card stalls.
function music_now() {
    var _m = global.music;
    return _m.is_paused ? _m.time : _m.time + current_time - _m.read_at;
}

// The sample at which the music is by its time; the engine reports a position that advances by buffers.
function music_expected_sample(_now) {
    var _voice = global.music.current;
    return music_wrapped(_voice.track, _voice.start + max(_now - _voice.at, 0) * _voice.track.rate / 1000);
}

// Advance the music's time with the sound.
function music_follow_sound() {
    var _m = global.music, _read_at = current_time, _passed = _read_at - _m.read_at;
    _m.time += _passed;
    _m.read_at = _read_at;
    if (is_undefined(_m.current)) return;
    var _voice = _m.current, _track = _voice.track, _sample = music_sample(_voice);
    if (!_track.loops && _sample >= _track.samples) return;
    // If the engine always reports its first position, the time does not wait for it, nor for a sound that
    // begins much later than requested, as on a page without a click.
    if (!_voice.is_heard) {
        if (abs(_sample - _voice.start) <= 1) return;
        _voice.is_heard = true;
        var _late = _m.time - _voice.at - (_sample - _voice.start) * 1000 / _track.rate;
        if (_late > MUSIC_LATE_MS) _voice.at += _late;
    }
    var _expected = music_expected_sample(_m.time), _ahead = _sample - _expected;
    if (_track.loops && min(_sample, _expected) >= _track.loop_start) {
        var _half = _track.loop_length / 2;
        _ahead = (_ahead + 3 * _half) mod _track.loop_length - _half;
    }
    _ahead *= 1000 / _track.rate;
    if (abs(_ahead) <= MUSIC_STALL_MS) _ahead *= min(MUSIC_FOLLOWED_A_MS * _passed, 1);
    _m.time += max(_ahead, -_passed);
}

function music_scene() {
    var _stack = global.music.stack;
    return (array_length(_stack) > 0) ? _stack[array_length(_stack) - 1].scene : "";
}

function music_moods() {
    var _stack = global.music.stack;
    return (array_length(_stack) > 0) ? _stack[array_length(_stack) - 1].moods : [];
}

function music_level(_scene) {
    return music_option(global.music.levels, _scene, 0);
}

function music_option(_options, _name, _otherwise) {
    return variable_struct_exists(_options, _name) ? _options[$ _name] : _otherwise;
}

// The options of a call, of which unknown ones are told; none for what is no struct.
function music_options(_call, _options) {
    if (!is_struct(_options)) {
        music_tell(_call + " takes its options as { when: \"bar\" }, not as '" + string(_options) + "'");
        return {};
    }
    var _names = variable_struct_get_names(_options);
    for (var i = 0; i < array_length(_names); i++) {
        music_known("option of " + _call, _names[i], ["moods", "when", "fade_ms", "how"]);
    }
    return _options;
}

// The moods among the options: a list of names, of which one alone may be given as text.
function music_mood_list(_options) {
    var _moods = music_option(_options, "moods", []), _list = [];
    if (!is_array(_moods)) _moods = [_moods];
    for (var i = 0; i < array_length(_moods); i++) {
        if (is_string(_moods[i])) array_push(_list, _moods[i]);
        else music_tell("moods are a list of names, not '" + string(_moods[i]) + "'");
    }
    return _list;
}

// The number that a call was given, else the one of the music or of the call's default.
function music_number(_call, _name, _value, _otherwise) {
    if (is_numeric(_value)) return _value;
    music_tell(_call + " takes " + _name + " as a number, not '" + string(_value) + "'; it is " + string(_otherwise));
    return _otherwise;
}

function music_same_list(_one, _other) {
    if (array_length(_one) != array_length(_other)) return false;
    for (var i = 0; i < array_length(_one); i++) {
        if (_one[i] != _other[i]) return false;
    }
    return true;
}

function music_has(_list, _value) {
    for (var i = 0; i < array_length(_list); i++) {
        if (_list[i] == _value) return true;
    }
    return false;
}

function music_tell(_text) {
    if (!variable_struct_exists(global.music.told, _text)) {
        global.music.told[$ _text] = true;
        show_debug_message("chipassets: " + _text);
    }
}

function music_fade(_first, _last, _at, _ms) {
    return { first: _first, last: _last, at: _at, ms: _ms };
}

function music_point(_fade, _now) {
    if (_now < _fade.at) return _fade.first;
    if (_now >= _fade.at + _fade.ms) return _fade.last;
    return _fade.first + (_fade.last - _fade.first) * (_now - _fade.at) / _fade.ms;
}

function music_turned(_fade, _at, _ms, _last) {
    return music_fade(music_point(_fade, _at), _last, _at, _ms);
}

function music_change(_track, _scene, _at, _fade_ms, _how) {
    return {
        track: _track, scene: _scene, at: _at, fade_ms: _fade_ms, how: _how,
        keeps_place: false, is_jump: false
    };
}

function music_keep(_scene, _place) {
    var _track = music_named(_place.track);
    if (!is_undefined(_track)) {
        // The file may have become shorter since.
        var _sample = floor(music_wrapped(_track, max(_place.sample, 0)));
        global.music.left[$ _scene] = { track: _track, sample: _sample };
    }
}

/// Whether it is what music_state() returns.
function music_is_state(_saved) {
    if (!is_struct(_saved) || music_option(_saved, "format", 0) != 1) return false;
    var _scenes = music_option(_saved, "scenes", undefined), _playing = music_option(_saved, "playing", undefined);
    if (!is_array(_scenes)) return false;
    for (var i = 0; i < array_length(_scenes); i++) {
        if (!music_is_place(_scenes[i]) || !is_array(music_option(_scenes[i], "moods", undefined))) return false;
    }
    var _level = music_option(_saved, "intensity", undefined), _duck = music_option(_saved, "duck_db", undefined);
    return is_numeric(_level) && is_numeric(_duck) && (!is_struct(_playing) || music_is_place(_playing));
}

function music_is_place(_place) {
    if (!is_struct(_place) || !is_string(music_option(_place, "scene", undefined))) return false;
    return !is_string(music_option(_place, "track", undefined)) || is_numeric(music_option(_place, "sample", undefined));
}

/// The scenes that have a track, in the order of the tracks.
function music_scenes() {
    var _tracks = global.music.tracks, _scenes = [];
    for (var i = 0; i < array_length(_tracks); i++) {
        if (!music_has(_scenes, _tracks[i].scene)) array_push(_scenes, _tracks[i].scene);
    }
    return _scenes;
}

/// Whether a name is one of these; logs a warning if it is not.
function music_known(_what, _name, _names) {
    if (music_has(_names, _name)) return true;
    music_tell("there is no " + _what + " '" + string(_name) + "'; " + music_meant(string(_name), _names));
    return false;
}

/// A hint for an unknown name: the nearest of these, or the names that there are.
function music_meant(_name, _names) {
    var _best = "", _least = -1, _all = "";
    for (var i = 0; i < array_length(_names); i++) {
        var _far = music_distance(_name, _names[i]);
        _all += ((i > 0) ? ", " : "") + _names[i];
        if (_least < 0 || _far < _least) {
            _best = _names[i];
            _least = _far;
        }
    }
    if (_least >= 0 && 2 * _least <= string_length(_name)) return "did you mean '" + _best + "'?";
    return "there are: " + _all;
}

/// The edit distance of two words: letters to change, insert or remove.
function music_distance(_one, _other) {
    var _row = [], _length = string_length(_other);
    for (var j = 0; j <= _length; j++) array_push(_row, j);
    for (var i = 1; i <= string_length(_one); i++) {
        var _corner = _row[0];
        _row[0] = i;
        for (var j = 1; j <= _length; j++) {
            var _changed = _corner + ((string_char_at(_one, i) == string_char_at(_other, j)) ? 0 : 1);
            _corner = _row[j];
            _row[j] = min(_row[j] + 1, _row[j - 1] + 1, _changed);
        }
    }
    return _row[_length];
}

function music_plan(_before, _options) {
    var _m = global.music, _scene = music_scene(), _track = music_track(_scene, music_moods());
    if (is_undefined(_track)) {
        var _hint = music_meant(_scene, music_scenes());
        music_tell("no track serves the scene '" + _scene + "', the music stays; " + _hint);
        return;
    }
    // Until the jump of music_restore() is made, what sounds is not what was saved.
    var _keeps = false, _is_jump = !is_undefined(_m.pending) && _m.pending.is_jump;
    _m.pending = undefined;
    if (!is_undefined(_m.current) && !_is_jump) {
        if (_m.current.track == _track) {
            _m.current.scene = _scene;
            return;
        }
        _keeps = music_root(_track) == music_root(_m.current.track) && _track.bars == _m.current.track.bars;
    }
    var _rule = ["*", "*", "now", 0, "cut"];
    for (var i = array_length(_m.rules) - 1; i >= 0; i--) {
        var _row = _m.rules[i];
        if ((_row[0] == "*" || _row[0] == _before) && (_row[1] == "*" || _row[1] == _scene)) _rule = _row;
    }
    var _how = music_option(_options, "how", _rule[4]);
    if (!music_known("how", _how, ["crossfade", "fade", "cut"])) _how = _rule[4];
    var _fade_ms = music_option(_options, "fade_ms", _rule[3]);
    _fade_ms = music_number("music_enter(scene, options)", "fade_ms", _fade_ms, _rule[3]);
    if (_how == "cut") _fade_ms = 0;
    if (_keeps && _how == "fade") _how = "crossfade";
    var _at = music_now() + music_ms_to_line(music_option(_options, "when", _rule[2]));
    _m.pending = music_change(_track, _scene, _at, _fade_ms, _how);
    _m.pending.keeps_place = _keeps;
    _m.pending.is_jump = _is_jump;
}

function music_take(_change, _now) {
    var _m = global.music, _old = _m.current, _start = -1;
    if (!is_undefined(_old)) {
        var _sample = music_sample(_old);
        if (music_is_kept(_old.scene) && _old.scene != _change.scene) {
            var _later = _sample + _change.fade_ms * _old.track.rate / 1000;
            _m.left[$ _old.scene] = { track: _old.track, sample: floor(music_wrapped(_old.track, _later)) };
        }
        if (_change.keeps_place && !is_undefined(_change.track)) {
            _start = music_same_place(_change.track, _old.track, _sample);
        }
        _old.fade = music_turned(_old.fade, _now, _change.fade_ms, 0);
    }
    _m.current = undefined;
    if (!is_undefined(_change.track) && _start < 0) _start = music_place_to_go_on(_change, _now);
    // Scenes that left the stack start from the beginning when they are entered again.
    var _left = variable_struct_get_names(_m.left);
    for (var i = 0; i < array_length(_left); i++) {
        if (!music_is_kept(_left[i])) variable_struct_remove(_m.left, _left[i]);
    }
    if (is_undefined(_change.track)) return;
    if (variable_struct_exists(_m.left, _change.scene)) variable_struct_remove(_m.left, _change.scene);
    if (!_change.track.loops && _start >= _change.track.samples) _start = 0;
    var _is_silent = true;
    for (var i = 0; i < array_length(_m.voices); i++) {
        if (music_point(_m.voices[i].fade, _now) > 0) _is_silent = false;
    }
    var _fade_ms = (_is_silent && _start == 0) ? 0 : _change.fade_ms;
    _m.current = music_voice(_change.track, _change.scene, _start, _now, _fade_ms, false);
}

// Whether the scene lies in the stack.
function music_is_kept(_scene) {
    for (var i = 0; i < array_length(global.music.stack); i++) {
        if (global.music.stack[i].scene == _scene) return true;
    }
    return false;
}

// Its present position if it still fades out, else where it was left.
function music_place_to_go_on(_change, _now) {
    var _m = global.music;
    for (var i = array_length(_m.voices) - 1; i >= 0; i--) {
        var _voice = _m.voices[i], _is_heard = !_voice.is_sting && music_point(_voice.fade, _now) > 0;
        if (_voice.track == _change.track && _is_heard && !_change.is_jump) return floor(music_sample(_voice));
    }
    var _left = music_option(_m.left, _change.scene, undefined);
    return (!is_undefined(_left) && _left.track == _change.track) ? _left.sample : 0;
}

function music_voice(_track, _scene, _start, _now, _fade_ms, _is_sting) {
    for (var n = 0; n < array_length(_track.assets); n++) {
        if (!audio_exists(_track.assets[n])) {
            var _file = "music/" + _track.files[n] + " is no Included File that can be played";
            music_tell("track '" + _track.name + "' stays silent: " + _file);
            return undefined;
        }
    }
    var _voice = {
        track: _track, scene: _scene, sounds: [], is_sting: _is_sting, start: _start, at: _now,
        is_heard: false, is_settled: false, seconds: (_start > 0) ? (_start + 0.5) / _track.rate : 0,
        fade: music_fade((_fade_ms == 0) ? 1 : 0, 1, _now, _fade_ms)
    };
    // All in one step: the layers of a track begin with the same buffer of the mixer. From half a sample
    // further on, as seconds are rounded down to a sample.
    for (var n = 0; n < array_length(_track.assets); n++) {
        array_push(_voice.sounds, audio_play_sound(_track.assets[n], 50, _track.loops, 0, _voice.seconds));
    }
    array_push(global.music.voices, _voice);
    music_settle(_voice);
    music_set_gains(_voice, _now);
    return _voice;
}

// Give a voice its loop. In a browser each file is fetched and decoded behind audio_play_sound: it takes
// no loop before its length is known, and layers are silent until all of them have begun, and then begin
// once more, in one step.
function music_settle(_voice) {
    var _track = _voice.track, _sounds = _voice.sounds;
    for (var n = 0; n < array_length(_sounds); n++) {
        if (music_is_web() && audio_sound_length(_sounds[n]) <= 0) return;
        if (_track.loops) {
            audio_sound_loop_end(_sounds[n], _track.end_seconds);
            audio_sound_loop_start(_sounds[n], _track.loop_start_seconds);
        }
    }
    if (music_is_apart(_voice)) {
        for (var n = 0; n < array_length(_sounds); n++) {
            if (audio_sound_get_track_position(_sounds[n]) == _voice.seconds) return;
        }
        for (var n = 0; n < array_length(_sounds); n++) audio_sound_set_track_position(_sounds[n], _voice.seconds);
    }
    _voice.is_settled = true;
}

// Whether the layers of a voice begin one by one.
function music_is_apart(_voice) {
    return music_is_web() && !_voice.is_settled && array_length(_voice.sounds) > 1;
}

function music_is_web() {
    return os_browser != browser_not_a_browser;
}

function music_start_sting(_now) {
    var _m = global.music, _waiting = _m.waiting;
    _m.waiting = undefined;
    if (!is_undefined(_m.sting)) {
        _m.sting.voice.fade = music_turned(_m.sting.voice.fade, _now, MUSIC_RELEASE_MS, 0);
    }
    _m.sting = undefined;
    var _voice = music_voice(_waiting.track, "", 0, _now, 0, true);
    if (is_undefined(_voice)) {
        _m.sting_duck = music_turned(_m.sting_duck, _now, MUSIC_STING_RETURN_MS, 1);
        return;
    }
    _m.sting = {
        voice: _voice, priority: _waiting.priority,
        ends: _now + _waiting.track.samples * 1000 / _waiting.track.rate
    };
    _m.sting_duck = music_turned(_m.sting_duck, _now, MUSIC_STING_DUCK_MS, MUSIC_STING_DUCK);
}

function music_end_sting() {
    var _m = global.music;
    _m.waiting = undefined;
    music_finish_sting();
}

/// The fade of the intensity at a time: one that waits for its line leaves the one before it alone.
function music_level_at(_now) {
    return (_now >= global.music.next_level.at) ? global.music.next_level : global.music.level;
}

function music_finish_sting() {
    var _m = global.music;
    if (is_undefined(_m.sting)) return;
    _m.sting.voice.fade = music_turned(_m.sting.voice.fade, music_now(), MUSIC_RELEASE_MS, 0);
    _m.sting = undefined;
    _m.sting_duck = music_turned(_m.sting_duck, music_now(), MUSIC_STING_RETURN_MS, 1);
}

function music_set_gains(_voice, _now) {
    var _m = global.music, _layers = array_length(_voice.sounds);
    var _gain = music_is_apart(_voice) ? 0 : _m.volume * sin(music_point(_voice.fade, _now) * pi / 2);
    var _ducked = min(music_point(_m.game_duck, _now), music_point(_m.sting_duck, _now));
    for (var n = 0; n < _layers; n++) {
        var _part = _m.sting_volume;
        if (!_voice.is_sting) {
            _part = _m.music_volume * _ducked * music_share(music_point(music_level_at(_now), _now), n, _layers);
        }
        audio_sound_gain(_voice.sounds[n], _gain * _part, 0);
    }
}

// The scene's track with the most of the moods; undefined where none serves it.
function music_track(_scene, _moods) {
    var _tracks = global.music.tracks, _best = undefined, _best_points = 0;
    for (var i = 0; i < array_length(_tracks); i++) {
        var _track = _tracks[i], _shared = 0;
        if (_track.scene != _scene) continue;
        for (var n = 0; n < array_length(_moods); n++) {
            if (music_has(_track.moods, _moods[n])) _shared++;
        }
        var _points = (array_length(_moods) > 0) ? _shared * 100 - (array_length(_track.moods) - _shared) : 0;
        if (is_undefined(_best) || _points > _best_points) {
            _best = _track;
            _best_points = _points;
        }
    }
    return _best;
}

function music_sting_track(_name) {
    var _m = global.music, _named = music_named(_name);
    if (!is_undefined(_named)) return _named;
    if (!is_undefined(_m.current)) {
        for (var i = 0; i < array_length(_m.tracks); i++) {
            var _track = _m.tracks[i];
            if (_track.match == _m.current.track.name && _track.scene == _name) return _track;
        }
    }
    return music_track(_name, []);
}

function music_named(_name) {
    var _tracks = global.music.tracks;
    for (var i = 0; i < array_length(_tracks); i++) {
        if (_tracks[i].name == _name) return _tracks[i];
    }
    return undefined;
}

// The track's name and sample at which a scene's music is or was left; undefined and 0 for none.
function music_place(_scene) {
    var _m = global.music;
    if (!is_undefined(_m.current) && _m.current.scene == _scene) {
        return { track: _m.current.track.name, sample: floor(music_sample(_m.current)) };
    }
    var _left = music_option(_m.left, _scene, undefined);
    if (is_undefined(_left)) return { track: undefined, sample: 0 };
    return { track: _left.track.name, sample: _left.sample };
}

function music_sample(_voice) {
    var _sound = _voice.sounds[0];
    if (!_voice.track.loops && !audio_is_playing(_sound) && !audio_is_paused(_sound)) return _voice.track.samples;
    var _seconds = audio_sound_get_track_position(_voice.sounds[0]);
    return music_wrapped(_voice.track, _seconds * _voice.track.rate);
}

function music_wrapped(_track, _sample) {
    if (!_track.loops) return min(_sample, _track.samples);
    if (_sample < _track.loop_start) return _sample;
    return _track.loop_start + (_sample - _track.loop_start) mod _track.loop_length;
}

function music_root(_track) {
    return (_track.like == "") ? _track.name : _track.like;
}

// The run of equal bars around a sample: its start, its first bar, and the length of a bar.
function music_grid(_track, _sample) {
    if (!_track.loops) {
        return { start: 0, first: 0, bar: 60 * _track.beats_per_bar * _track.rate / _track.bpm };
    }
    if (_sample < _track.loop_start) {
        return { start: 0, first: 0, bar: _track.loop_start / _track.loop_start_bar };
    }
    var _bar = _track.loop_length / _track.loop_bars;
    return { start: _track.loop_start, first: _track.loop_start_bar, bar: _bar };
}

// The sample of a track in the same bar, and as far into it, as another's.
function music_same_place(_track, _other, _sample) {
    var _grid = music_grid(_other, _sample);
    var _bars = _grid.first + (_sample - _grid.start) / _grid.bar;
    if (_bars >= _track.bars) _bars -= _track.loop_bars;
    if (!_track.loops) return floor(_bars * 60 * _track.beats_per_bar * _track.rate / _track.bpm);
    if (_bars < _track.loop_start_bar) return floor(_bars * _track.loop_start / _track.loop_start_bar);
    var _inside = (_bars - _track.loop_start_bar) * _track.loop_length / _track.loop_bars;
    return floor(_track.loop_start + _inside);
}

// Milliseconds to the next beat, bar or section of what plays.
function music_ms_to_line(_when) {
    var _m = global.music;
    if (!music_known("when", _when, ["now", "beat", "bar", "section"])) return 0;
    if (_when == "now" || is_undefined(_m.current)) return 0;
    var _track = _m.current.track;
    return music_to_line(_track, music_expected_sample(music_now()), _when) * 1000 / _track.rate;
}

function music_to_line(_track, _sample, _when) {
    if (!_track.loops && _sample >= _track.samples) return 0;
    if (_when == "section") {
        var _lines = _track.section_samples, _first = _track.samples;
        for (var i = 0; i < array_length(_lines); i++) {
            if (_lines[i] >= _sample) return _lines[i] - _sample;
            if (_lines[i] >= _track.loop_start) _first = min(_first, _lines[i]);
        }
        if (!_track.loops) return _track.samples - _sample;
        if (_first == _track.samples) _first = _track.loop_start;
        return _track.samples - _sample + _first - _track.loop_start;
    }
    var _grid = music_grid(_track, _sample);
    var _unit = (_when == "beat") ? _grid.bar / _track.felt_beats : _grid.bar;
    var _into = (_sample - _grid.start) mod _unit;
    return (_into < 1) ? 0 : _unit - _into;
}
