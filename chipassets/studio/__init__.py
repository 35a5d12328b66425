"""The studio: a page on this machine to hear, compare, choose and repair takes.

`server.serve` runs it. The page's script is bundled from the modules in web/studio of the
repository.
"""
