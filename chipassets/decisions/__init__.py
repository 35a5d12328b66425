"""People's decisions about takes and tracks: hear, accept, reject, freeze."""
