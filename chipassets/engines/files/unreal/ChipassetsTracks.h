// The tracks of the game. Written by chipassets with each build.
#pragma once

#include "ChipassetsCore.h"

namespace chipassets {

inline const std::vector<Track>& Tracks() {
	static const std::vector<Track> tracks = {
@TRACKS@
	};
	return tracks;
}

}  // namespace chipassets
