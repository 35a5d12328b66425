"""The studio: a page on this machine, on which takes are heard, compared, decided and repaired.

`server.serve` runs it. The page's script is made of the modules in web/studio of the repository.
"""
