-- Plays title, overworld, battle, victory, and back; keys 1 to 4.
local music = require("scripts/chipassets/music")

function sol.main:on_started()
  music:enter("title")
end

function sol.main:on_key_pressed(key)
  if key == "1" then music:enter("title")
  elseif key == "2" then music:enter("overworld")
  elseif key == "3" then music:enter("battle")
  elseif key == "4" then
    music:leave()
    music:sting("victory")
  end
end
