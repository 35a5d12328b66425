/// The music of the game for GameMaker (2022 LTS and later). Put it into a script `chipassets`, and
/// the folder `music` into the Included Files. Written by chipassets; build the bundle anew.
///
///     music_init();                     // once, at the start of the game
///     music_step();                     // every step, in one object that is persistent
///     music_enter("overworld");         // whenever the game's scene changes
///     music_enter("battle", "bar");     // when: "now", "beat", "bar"
///     music_leave();                    // back to the scene below, where its music was left
///     music_intensity(0.4);             // fewer layers
///     music_sting("victory");           // once over the music, which makes room

#macro MUSIC_DUCK 0.2512

/// Get the tracks ready: call it once.
function music_init() {
    global.music = {
        tracks: json_parse(@TRACKS@),
        levels: { shop: 1, battle: 2, boss: 2, victory: 2, menu: 3 },
        stack: [], left: {}, voices: [], current: undefined, pending: undefined,
        level: 1, level_to: 1, level_speed: 0, duck: 1, duck_to: 1, sting: undefined, volume: 0.8
    };
    var _tracks = global.music.tracks;
    for (var i = 0; i < array_length(_tracks); i++) {
        var _track = _tracks[i];
        _track.sounds = [];
        for (var n = 0; n < array_length(_track.files); n++) {
            array_push(_track.sounds, audio_create_stream("music/" + _track.files[n]));
        }
    }
}

/// The track of a scene, undefined where none serves it.
function music_track(_scene) {
    var _tracks = global.music.tracks;
    for (var i = 0; i < array_length(_tracks); i++) {
        if (_tracks[i].name == _scene || _tracks[i].scene == _scene) return _tracks[i];
    }
    return undefined;
}

/// Be in a scene from now on: over lower ones, in place of equal ones, back to one that lies below.
function music_enter(_scene, _when = "now", _fade_ms = 800) {
    var _m = global.music, _at = array_get_index(_m.stack, _scene);
    if (_at >= 0) {
        array_resize(_m.stack, _at + 1);
    } else {
        var _level = music_level(_scene);
        while (array_length(_m.stack) > 0 && music_level(array_last(_m.stack)) >= _level) {
            array_pop(_m.stack);
        }
        array_push(_m.stack, _scene);
    }
    music_plan(_when, _fade_ms);
}

/// Go back to the scene below; the last one cannot be left.
function music_leave(_when = "now", _fade_ms = 800) {
    if (array_length(global.music.stack) > 1) {
        array_pop(global.music.stack);
        music_plan(_when, _fade_ms);
    }
}

/// Go to this intensity, 0 to 1.
function music_intensity(_level, _fade_ms = 600) {
    global.music.level_to = clamp(_level, 0, 1);
    global.music.level_speed = 1000 / max(_fade_ms, 1);
}

/// Lower the music by that many decibels until told otherwise; 0 is back.
function music_duck(_by_db = 12) {
    global.music.duck_to = power(10, -max(_by_db, 0) / 20);
}

/// Play a track, or a scene's track, once over the music, which makes room.
function music_sting(_name) {
    var _track = music_track(_name);
    if (is_undefined(_track)) return;
    var _m = global.music;
    if (!is_undefined(_m.sting)) audio_stop_sound(_m.sting);
    _m.sting = audio_play_sound(_track.sounds[0], 100, false, _m.volume);
}

/// What a scene lies on: see docs/runtime.md.
function music_level(_scene) {
    return struct_exists(global.music.levels, _scene) ? global.music.levels[$ _scene] : 0;
}

function music_plan(_when, _fade_ms) {
    var _m = global.music, _scene = array_last(_m.stack), _track = music_track(_scene);
    if (is_undefined(_track)) return;
    if (!is_undefined(_m.current) && _m.current.track == _track) {
        _m.current.scene = _scene;
        _m.pending = undefined;
        return;
    }
    _m.pending = {
        track: _track, scene: _scene, fade_ms: _fade_ms,
        at: current_time + music_ms_to_line(_when)
    };
}

/// Milliseconds to the next beat or bar of what plays.
function music_ms_to_line(_when) {
    var _m = global.music;
    if (_when == "now" || is_undefined(_m.current)) return 0;
    var _track = _m.current.track, _start = 0, _bar;
    var _sample = audio_sound_get_track_position(_m.current.sounds[0]) * _track.rate;
    if (!_track.loops) {
        _bar = 60 * _track.beats_per_bar * _track.rate / _track.bpm;
    } else if (_sample < _track.loop_start) {
        _bar = _track.loop_start / _track.loop_start_bar;
    } else {
        _start = _track.loop_start;
        _bar = _track.loop_length / _track.loop_bars;
    }
    var _unit = (_when == "beat") ? _bar / _track.felt_beats : _bar;
    var _into = (_sample - _start) mod _unit;
    return (_into < 1) ? 0 : (_unit - _into) * 1000 / _track.rate;
}

/// The amplitude of a layer, from 0 on, of that many at an intensity: the first always sounds.
function music_share(_level, _layer, _layers) {
    if (_layer == 0) return 1;
    return sin(clamp(_level * max(_layers - 1, 1) - (_layer - 1), 0, 1) * pi / 2);
}

/// Do what is due: call it in every step.
function music_step() {
    var _m = global.music, _seconds = delta_time / 1000000;
    if (!is_undefined(_m.pending) && current_time >= _m.pending.at) {
        music_take(_m.pending);
        _m.pending = undefined;
    }
    var _step = _m.level_speed * _seconds;
    _m.level += clamp(_m.level_to - _m.level, -_step, _step);
    if (!is_undefined(_m.sting) && !audio_is_playing(_m.sting)) _m.sting = undefined;
    var _duck = min(_m.duck_to, is_undefined(_m.sting) ? 1 : MUSIC_DUCK);
    var _duck_step = ((_duck < _m.duck) ? 1 / 0.08 : 1 / 0.5) * _seconds;
    _m.duck += clamp(_duck - _m.duck, -_duck_step, _duck_step);
    for (var i = array_length(_m.voices) - 1; i >= 0; i--) {
        var _voice = _m.voices[i];
        var _move = (_voice.fade_ms > 0) ? delta_time / 1000 / _voice.fade_ms : 1;
        _voice.gain += clamp(_voice.gain_to - _voice.gain, -_move, _move);
        if (_voice.gain_to == 0 && _voice.gain == 0) {
            for (var n = 0; n < array_length(_voice.sounds); n++) audio_stop_sound(_voice.sounds[n]);
            array_delete(_m.voices, i, 1);
            continue;
        }
        var _gain = _m.volume * _m.duck * sin(_voice.gain * pi / 2);
        for (var n = 0; n < array_length(_voice.sounds); n++) {
            var _share = music_share(_m.level, n, array_length(_voice.sounds));
            audio_sound_gain(_voice.sounds[n], _gain * _share, 0);
        }
    }
}

function music_take(_change) {
    var _m = global.music, _old = _m.current, _start = 0;
    if (!is_undefined(_old)) {
        if (array_contains(_m.stack, _old.scene) && _old.scene != _change.scene) {
            _m.left[$ _old.scene] = audio_sound_get_track_position(_old.sounds[0]);
        }
        _old.gain_to = 0;
        _old.fade_ms = _change.fade_ms;
    }
    if (struct_exists(_m.left, _change.scene)) {
        _start = _m.left[$ _change.scene];
        struct_remove(_m.left, _change.scene);
    }
    var _track = _change.track, _is_first = array_length(_m.voices) == 0;
    var _voice = {
        track: _track, scene: _change.scene, sounds: [], gain_to: 1,
        gain: (_is_first && _start == 0) ? 1 : 0, fade_ms: _change.fade_ms
    };
    // All in one step: the layers of a track begin with the same buffer of the mixer.
    for (var n = 0; n < array_length(_track.sounds); n++) {
        var _sound = audio_play_sound(_track.sounds[n], 50, _track.loops, 0, _start);
        if (_track.loops) {
            audio_sound_loop_start(_sound, _track.loop_start_seconds);
            audio_sound_loop_end(_sound, _track.end_seconds);
        }
        array_push(_voice.sounds, _sound);
    }
    array_push(_m.voices, _voice);
    _m.current = _voice;
}
