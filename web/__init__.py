"""The sources of the JavaScript that ships, and the program that puts them together."""
