"""Results kept between builds: what they depend on, their keys, and the cache."""
