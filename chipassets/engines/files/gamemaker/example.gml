/// The events of one persistent object that plays title, overworld, battle, victory, and back.

// Create
music_init();
music_enter("title");

// Step
music_step();
if (keyboard_check_pressed(ord("1"))) music_enter("title");
if (keyboard_check_pressed(ord("2"))) music_enter("overworld");
if (keyboard_check_pressed(ord("3"))) music_enter("battle", { when: "beat" });
if (keyboard_check_pressed(ord("4"))) {
    music_sting("victory", "beat");
    music_leave({ when: "bar" });
}
if (keyboard_check_pressed(vk_up)) music_intensity(1);
if (keyboard_check_pressed(vk_down)) music_intensity(0);
