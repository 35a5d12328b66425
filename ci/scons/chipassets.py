"""A tool for SCons: Environment(tools=["chipassets"], toolpath=["ci/scons"]), then env.Music(...).

env.Music("build/music/bundle.json", "game.yaml")
"""

import os
import subprocess

from SCons.Builder import Builder
from SCons.Scanner import ScannerBase as Scanner


def _inputs(node, env, path):
    del path
    program = env.get("CHIPASSETS", "chipassets")
    command = [program, "build", str(node), "--print-inputs"]
    said = subprocess.run(command, check=False, capture_output=True, text=True)
    lock = str(node).rsplit(".", 1)[0] + ".lock"
    named = [line for line in said.stdout.splitlines() if line not in (str(node), lock)]
    # Not env.File, which would replace a $ in a file's name by a variable of SCons.
    return [env.fs.File(name) for name in named]


def _keep_bundle(target, source, env):
    # SCons removes a target before it is made again, and a folder without bundle.json is no bundle.
    env.Precious(target)
    env.Clean(target, [node.dir for node in target])
    return target, source


def generate(env):
    """Add the builder `Music`, from a manifest to a bundle's index."""
    env.SetDefault(CHIPASSETS="chipassets")
    # Not env.Builder, which would replace $SOURCE by nothing at once.
    builder = Builder(
        action="$CHIPASSETS build $SOURCE -o ${TARGET.dir} --quiet",
        emitter=_keep_bundle,
        source_scanner=Scanner(function=_inputs),
    )
    env.Append(BUILDERS={"Music": builder})
    env.AppendENVPath("PATH", os.environ["PATH"])


def exists(env):
    """Whether the command is there."""
    return env.Detect("chipassets")
