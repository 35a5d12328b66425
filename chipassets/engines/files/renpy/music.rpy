# The music of the game for Ren'Py 8. Written by chipassets with each build.
#
#   $ chipassets.enter("overworld")         # whenever the story's scene changes
#   $ chipassets.intensity(0.4)             # fewer layers
#   $ chipassets.sting("victory")           # once over the music, which is ducked
#
# Or as any music:  play music overworld     (a track with layers then sounds whole)

@DEFINES@

# At the music's own rate loops return to the sample. At Ren'Py's 48000 Hz each return comes 15 samples
# late. A define of your own goes before this one.
init -20 python:
    config.sound_sample_rate = 44100

init -10 python:
    for number in range(2, @MOST_LAYERS@ + 1):
        renpy.music.register_channel(
            "chipassets_%d" % number, mixer="music", loop=True
        )

init -5 python in chipassets:
    import difflib
    import math
    from store import renpy

    TRACKS = @TRACKS@
    LAYERS = @MOST_LAYERS@
    DUCKED = 10 ** (-12 / 20.0)

    def track_for(scene, moods=()):
        """The scene's track with the most of the moods; None if no track serves it."""
        served = [track for track in TRACKS if track["scene"] == scene]

        def likeness(track):
            shared = len(set(moods) & set(track["moods"]))
            return (shared, shared - len(track["moods"])) if moods else (0, 0)

        return max(served, key=likeness) if served else None

    told = set()

    def tell(text):
        """Log a line once, in the console and in log.txt."""
        if text not in told:
            told.add(text)
            print("chipassets: " + text)
            renpy.log("chipassets: " + text)

    def meant(name, names):
        """A hint for an unknown name: the nearest of these, or the names that there are."""
        names = list(dict.fromkeys(names))
        near = difflib.get_close_matches(name, names, n=1, cutoff=0.6)
        return "did you mean '%s'?" % near[0] if near else "there are: " + ", ".join(names)

    def is_kind(call, what, value, kinds):
        """Whether an argument has the kind that its call takes; logs a line if it has not."""
        if isinstance(value, kinds):
            return True
        tell("%s takes %s, not %r" % (call, what, value))
        return False

    def is_there(track, files):
        """Whether every file is in the game; logs a warning if it is not."""
        for path in files:
            name = path.rpartition(">")[2]
            if not renpy.loadable(name):
                tell("track '%s' stays silent: the game has no %s" % (track["name"], name))
                return False
        return True

    def spread(level, layers):
        """The amplitudes of some layers at an intensity; the first one always sounds."""
        upper = max(layers - 1, 1)
        points = [min(max(level * upper - (i - 1), 0.0), 1.0) for i in range(1, layers)]
        return [1.0] + [math.sin(point * math.pi / 2) for point in points]

    def channel(number):
        return "music" if number == 1 else "chipassets_%d" % number

    def enter(scene, moods=(), fadeout=0.8, fadein=0.8):
        """Play the scene's music; if it plays already, it continues."""
        if not is_kind("enter()", "the name of a scene", scene, str):
            return
        moods = (moods,) if isinstance(moods, str) else moods
        track = track_for(scene, moods)
        if track is None:
            hint = meant(scene, [track["scene"] for track in TRACKS])
            tell("no track serves the scene '%s', the music stays; %s" % (scene, hint))
            return
        files = track["files"]
        if not is_there(track, files):
            return
        for number in range(1, LAYERS + 1):
            if number <= len(files):
                renpy.music.play(
                    files[number - 1], channel(number), loop=track["loops"], fadeout=fadeout,
                    fadein=fadein, if_changed=True, synchro_start=True,
                )
            else:
                renpy.music.stop(channel(number), fadeout=fadeout)
        renpy.store.chipassets_layers = len(files)
        intensity(renpy.store.chipassets_level, 0)

    def intensity(level, delay=0.6):
        """Set how many of a track's layers sound, 0 to 1; it stays for what comes."""
        if not is_kind("intensity()", "its level as a number", level, (int, float)):
            return
        renpy.store.chipassets_level = min(max(level, 0.0), 1.0)
        layers = renpy.store.chipassets_layers
        for number, gain in enumerate(spread(renpy.store.chipassets_level, layers), 1):
            renpy.music.set_volume(gain, delay, channel(number))

    def sting(name, delay=0.08):
        """Play a track, or a scene's track, once over the music."""
        if not is_kind("sting()", "the name of a track or scene", name, str):
            return
        named = [track for track in TRACKS if track["name"] == name]
        track = named[0] if named else track_for(name)
        if track is None:
            names = [track[key] for key in ("scene", "name") for track in TRACKS]
            tell("there is no sting '%s'; %s" % (name, meant(name, names)))
        elif is_there(track, [track["once"]]):
            renpy.sound.play(track["once"], channel="sound")

    def pause(is_held=True):
        """Pause the music until resume()."""
        for name in [channel(number) for number in range(1, LAYERS + 1)] + ["sound"]:
            renpy.music.set_pause(is_held, name)

    def resume():
        """Resume where pause() stopped."""
        pause(False)

    def stop(fadeout=0.8):
        """Fade to silence."""
        for number in range(1, LAYERS + 1):
            renpy.music.stop(channel(number), fadeout=fadeout)

default chipassets_level = 1.0
default chipassets_layers = 1
