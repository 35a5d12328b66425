# Plays title, overworld (with layers), battle, victory, and back.
label start:
    $ chipassets.enter("title")
    "The title."
    $ chipassets.enter("overworld")
    "The overworld."
    $ chipassets.intensity(0.0)
    "Fewer layers."
    $ chipassets.intensity(1.0)
    $ chipassets.enter("battle", fadeout=0.1, fadein=0.1)
    "A battle!"
    $ chipassets.sting("victory")
    $ chipassets.enter("overworld")
    "Victory, and back."
    return
