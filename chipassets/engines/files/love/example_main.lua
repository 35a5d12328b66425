-- Plays title, overworld (with layers), battle, victory, and back; keys 1 to 4, and + and -.
local music = require("chipassets")
local level = 1

function love.load()
  music.preload()
  music:enter("title")
end

function love.update()
  music:update()
end

function love.keypressed(key)
  if key == "1" then music:enter("title")
  elseif key == "2" then music:enter("overworld")
  elseif key == "3" then music:enter("battle", {when = "beat"})
  elseif key == "4" then
    music:sting("victory", "beat")
    music:leave({when = "bar"})
  elseif key == "=" or key == "+" then
    level = math.min(level + 0.25, 1)
    music:intensity(level)
  elseif key == "-" then
    level = math.max(level - 0.25, 0)
    music:intensity(level)
  end
end

function love.draw()
  local now = music:playing()
  local text = now and ("%s, bar %d, beat %d"):format(now.track, now.bar + 1, now.beat + 1)
  love.graphics.print(text or "silence", 20, 20)
  love.graphics.print("1 title, 2 overworld, 3 battle, 4 victory and back, + and -", 20, 40)
end
