"""What CI and the documentation are made with; no part of the package."""
