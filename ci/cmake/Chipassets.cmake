# chipassets_music(TARGET MANIFEST game.yaml OUT build/music): a target that builds the bundle, and
# again when the manifest, its lock or a file that it names has changed.
find_program(CHIPASSETS_PROGRAM chipassets REQUIRED)

function(chipassets_music target)
  cmake_parse_arguments(MUSIC "" "MANIFEST;OUT" "" ${ARGN})
  get_filename_component(manifest "${MUSIC_MANIFEST}" ABSOLUTE)
  get_filename_component(out "${MUSIC_OUT}" ABSOLUTE BASE_DIR "${CMAKE_CURRENT_BINARY_DIR}")
  set(depfile "${CMAKE_CURRENT_BINARY_DIR}/${target}.d")
  add_custom_command(
    OUTPUT "${out}/bundle.json"
    COMMAND "${CHIPASSETS_PROGRAM}" build "${manifest}" -o "${out}" --quiet --depfile "${depfile}"
    COMMAND "${CMAKE_COMMAND}" -E touch "${out}/bundle.json"
    DEPENDS "${manifest}"
    DEPFILE "${depfile}"
    COMMENT "Building music from ${MUSIC_MANIFEST}"
    VERBATIM)
  add_custom_target(${target} ALL DEPENDS "${out}/bundle.json")
  # The whole bundle: a folder that has its files without bundle.json is no bundle, and is not built into.
  set_property(TARGET ${target} PROPERTY ADDITIONAL_CLEAN_FILES "${out}")
endfunction()
