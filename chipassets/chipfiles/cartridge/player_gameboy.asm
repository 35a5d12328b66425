; Plays the songs of chipassets on the Game Boy. For rgbds; works with any mapper.
;
;   music_init   starts the song at HL
;   music_play   once a frame, after the picture's work; the song's bank has to be switched in
;   music_stop   silence, and no song
;   music_mute   a byte: bit 0 mutes pulse 1, 1 pulse 2, 2 the wave, 3 the noise. A voice that is
;                muted goes on without its registers, which are the game's; all of them are written
;                again when the bit is clear
;
; For sound effects, define MUSIC_HOOK and a routine music_hook: it is called once a frame behind
; the music, sets bits of music_mute for the voices that it takes, and clears them when it is done.
; All registers are used.

EXPORT music_init, music_play, music_stop, music_mute

DEF LANES EQU 5
DEF WAVE EQU 3          ; lane 0 holds whole lists of writes, 1 and 2 are the pulses
DEF NOISE EQU 4
DEF CODE_TONE EQU $F6   ; codes of a stream from this one on are commands

; A lane's bytes.
DEF STREAM EQU 0
DEF TABLE EQU 2
DEF RETURNS EQU 4
DEF DEPTH EQU 8
DEF TONES EQU 9         ; how many entries of the table are tones
DEF ENVELOPES EQU 10    ; and with those that are envelopes of tones
DEF ENTRIES EQU 11      ; and with those of levels
DEF WAIT EQU 12
DEF BY_FRAMES EQU 13
DEF LASTING EQU 14
DEF CHOSEN EQU 15       ; the envelope of levels with which notes begin
DEF LEVELS EQU 17
DEF LEVEL_LEFT EQU 19   ; 0 holds the level
DEF LEVEL EQU 20
DEF BEND EQU 21
DEF BEND_LEFT EQU 23    ; 0 holds the tone
DEF TONE EQU 24
DEF HELD_LOW EQU 26     ; what the registers hold
DEF HELD_HIGH EQU 27
DEF HELD_LEVEL EQU 28
DEF STALE EQU 29        ; whether they may hold something else
DEF PLUG EQU 30         ; what a silent level has, once a note has switched the converter on
DEF SIZE EQU 31

SECTION "music state", WRAM0
music_mute:     ds 1
playing:        ds 1
full:           ds 1    ; whether all registers are written in this frame
tick:           ds 1    ; whether a row begins in this frame
row:            ds 1
row_left:       ds 1
rows:           ds 1
rows_at:        ds 2
loop_row:       ds 1
loop_left:      ds 1
lane:           ds 1
fresh:          ds 1    ; in this frame 1 a rest has begun, 2 a note
code:           ds 1
tone_low:       ds 1
tone_high:      ds 1
lanes:          ds LANES * SIZE

SECTION "music", ROM0
music_init:
    push hl
    call music_stop
    pop hl
    ld a, [hl+]
    ld [loop_row], a
    ld a, [hl+]
    ld [loop_left], a
    ld d, h
    ld e, l
    ld bc, lanes
    xor a
    ld [lane], a
.lane:
    ld h, b
    ld l, c
    ld a, SIZE
.clear:
    ld [hl], 0
    inc hl
    dec a
    jr nz, .clear
    ld h, b
    ld l, c
    ld a, [de]
    inc de
    ld [hl+], a
    ld a, [de]
    inc de
    ld [hl+], a
    ld a, [de]
    inc de
    ld l, a
    ld a, [de]
    inc de
    ld h, a
    push de
    ld d, h
    ld e, l
    ld hl, TONES
    add hl, bc
    ld a, [de]
    inc de
    ld [hl+], a
    ld a, [de]
    inc de
    ld [hl+], a
    ld a, [de]
    inc de
    ld [hl], a
    ld hl, TABLE
    add hl, bc
    ld a, e
    ld [hl+], a
    ld [hl], d
    pop de
    ld hl, WAIT
    add hl, bc
    ld [hl], 1
    ld hl, TONE + 1
    add hl, bc
    ld [hl], 7
    ld hl, SIZE
    add hl, bc
    ld b, h
    ld c, l
    ld hl, lane
    inc [hl]
    ld a, [hl]
    cp LANES
    jr nz, .lane
    ld a, [de]
    inc de
    ld [rows], a
    dec a
    ld [row], a
    ld a, e
    ld [rows_at], a
    ld a, d
    ld [rows_at + 1], a
    ld a, 1
    ld [row_left], a
    ld [full], a
    ld [playing], a
    ret

music_stop:
    xor a
    ld [playing], a
    ldh [$FF1C], a
    ld a, $08           ; silent with the converters on, which click
    ldh [$FF12], a
    ldh [$FF17], a
    ldh [$FF21], a
    ld a, $80
    ldh [$FF14], a
    ldh [$FF19], a
    ldh [$FF23], a
    ret

music_play:
    ld a, [playing]
    or a
    jp z, hook
    xor a
    ld [tick], a
    ld hl, row_left
    dec [hl]
    jr nz, .clocked
    ld a, 1
    ld [tick], a
    ld hl, row
    inc [hl]
    ld a, [rows]
    cp [hl]
    jr nz, .in_bar
    ld [hl], 0
.in_bar:
    ld e, [hl]
    ld d, 0
    ld a, [rows_at]
    ld l, a
    ld a, [rows_at + 1]
    ld h, a
    add hl, de
    ld a, [hl]
    ld [row_left], a
.clocked:
    ld bc, lanes
    xor a
    ld [lane], a
.next:
    xor a
    ld [fresh], a
    ld hl, BY_FRAMES
    add hl, bc
    ld a, [tick]
    or [hl]
    jr z, .goes_on
    ld hl, WAIT
    add hl, bc
    dec [hl]
    jr nz, .goes_on
    call event
    ld a, [playing]
    or a
    jr z, hook
.goes_on:
    ld a, [lane]
    or a
    call nz, sound
    ld hl, SIZE
    add hl, bc
    ld b, h
    ld c, l
    ld hl, lane
    inc [hl]
    ld a, [hl]
    cp LANES
    jr nz, .next
    xor a
    ld [full], a
hook:
IF DEF(MUSIC_HOOK)
    jp music_hook
ELSE
    ret
ENDC

; The lane's stream up to its next event.
event:
    ld h, b
    ld l, c
    ld a, [hl+]
    ld e, a
    ld d, [hl]
    ld hl, BY_FRAMES
    add hl, bc
    ld [hl], 0
read:
    ld a, [de]
    inc de
    ld hl, ENTRIES
    add hl, bc
    cp [hl]
    jr c, entry
    cp CODE_TONE
    jr nc, command
    sub [hl]
    inc a
    ld hl, LASTING
    add hl, bc
    ld [hl], a
    jr read
command:
    sub CODE_TONE
    add a, a
    ld hl, commands
    add l
    ld l, a
    adc h
    sub l
    ld h, a
    ld a, [hl+]
    ld h, [hl]
    ld l, a
    jp hl

; An entry of the table: a tone, an envelope of tones or one of levels.
entry:
    ld [code], a
    ld hl, TABLE
    add hl, bc
    push de
    ld e, a
    ld d, 0
    ld a, [hl+]
    ld h, [hl]
    ld l, a
    add hl, de
    add hl, de
    ld a, [hl+]
    ld d, [hl]
    ld e, a
    ld a, [code]
    ld hl, ENVELOPES
    add hl, bc
    cp [hl]
    jr nc, level_chosen
    ld hl, TONES
    add hl, bc
    cp [hl]
    jr nc, bend_chosen
    ld hl, BEND_LEFT
    add hl, bc
    xor a
    ld [hl+], a
    ld a, e
    ld [hl+], a
    ld [hl], d
    jr note
level_chosen:
    ld hl, CHOSEN
    add hl, bc
    ld a, e
    ld [hl+], a
    ld [hl], d
    pop de
    jr read
bend_chosen:
    ld a, [lane]
    or a
    jr z, list
    ld hl, TONE
    add hl, bc
    ld a, [de]
    inc de
    ld [hl+], a
    ld a, [de]
    inc de
    ld [hl], a
    ld hl, BEND_LEFT
    add hl, bc
    ld a, [de]
    inc de
    ld [hl], a
    ld hl, BEND
    add hl, bc
    ld a, e
    ld [hl+], a
    ld [hl], d
note:
    ld hl, CHOSEN
    add hl, bc
    ld a, [hl+]
    ld e, a
    ld d, [hl]
    inc hl
    ld [hl], e          ; LEVELS
    inc hl
    ld [hl], d
    call step_level
    ld hl, PLUG
    add hl, bc
    ld [hl], $08
    ld a, 2
    ld [fresh], a
    pop de
on:
    ld hl, BY_FRAMES
    add hl, bc
    ld a, [hl]
    or a
    jr nz, .timed
    ld hl, LASTING
    add hl, bc
    ld a, [hl]
    ld hl, WAIT
    add hl, bc
    ld [hl], a
.timed:
    ld h, b
    ld l, c
    ld a, e
    ld [hl+], a
    ld [hl], d
    ret

; A list of writes: how many, then registers and bytes.
list:
    push bc
    ld a, [de]
    inc de
    ld b, a
.write:
    ld a, [de]
    inc de
    ld c, a
    ld a, [de]
    inc de
    ldh [c], a
    dec b
    jr nz, .write
    pop bc
    pop de
    jr on

rest:
    xor a
    ld hl, BEND_LEFT
    add hl, bc
    ld [hl], a
    ld hl, LEVEL_LEFT
    add hl, bc
    ld [hl+], a
    ld [hl], a          ; LEVEL
    inc a
    ld [fresh], a
    ld a, [lane]
    cp NOISE
    jr nz, on
    ld hl, PLUG
    add hl, bc
    ld a, [hl]
    ld hl, LEVEL
    add hl, bc
    ld [hl], a
    jr on

far_level:
    call word
    push de
    ld d, h
    ld e, l
    jp level_chosen
far_tone:
    call word
    push de
    ld d, h
    ld e, l
    jp bend_chosen
set_rows:
    ld hl, LASTING
    add hl, bc
    ld a, [de]
    inc de
    ld [hl], a
    jp read
frames:
    ld hl, WAIT
    add hl, bc
    ld a, [de]
    inc de
    ld [hl+], a
    ld [hl], 1          ; BY_FRAMES
    jp read
call_phrase:
    call word
    push hl
    ld hl, DEPTH
    add hl, bc
    ld a, [hl]
    inc [hl]
    call slot
    ld a, e
    ld [hl+], a
    ld [hl], d
    pop de
    jp read
return:
    ld hl, DEPTH
    add hl, bc
    dec [hl]
    ld a, [hl]
    call slot
    ld a, [hl+]
    ld e, a
    ld d, [hl]
    jp read
loop:
    call word
    ld d, h
    ld e, l
    ld a, [lane]
    or a
    jp nz, read
    ld a, [loop_row]
    ld [row], a
    ld a, [loop_left]
    ld [row_left], a
    ld a, 1
    ld [full], a
    jp read

commands:
    dw far_tone, far_level, on, rest, set_rows
    dw frames, return, call_phrase, music_stop, loop

; The stream's next two bytes, to HL.
word:
    ld a, [de]
    inc de
    ld l, a
    ld a, [de]
    inc de
    ld h, a
    ret

; Where the lane's place to come back to is at the depth of A, to HL.
slot:
    add a, a
    add RETURNS
    ld l, a
    ld h, 0
    add hl, bc
    ret

; A voice's envelopes go on, and what is new is written.
sound:
    ld a, [fresh]
    or a
    jr nz, .set
    ld hl, LEVEL_LEFT
    add hl, bc
    ld a, [hl]
    or a
    jr z, .level_set
    dec [hl]
    call z, step_level
.level_set:
    ld hl, LEVEL
    add hl, bc
    ld a, [hl]
    and $F0
    jr z, .set          ; in silence the tone stays
    ld hl, BEND_LEFT
    add hl, bc
    ld a, [hl]
    or a
    jr z, .set
    dec [hl]
    call z, step_tone
.set:
    ld a, [lane]
    ld e, a
    ld a, [music_mute]
.bit:
    rrca
    dec e
    jr nz, .bit
    ld hl, STALE
    add hl, bc
    jr nc, .heard
    ld [hl], 1
    ret
.heard:
    ld a, [full]
    or [hl]
    ld e, a             ; whether all registers are written
    ld [hl], 0
    ld hl, TONE
    add hl, bc
    ld a, [hl+]
    ld [tone_low], a
    ld a, [hl+]
    ld [tone_high], a
    inc hl
    xor [hl]
    ld [code], a        ; what of it is new
    ld a, [tone_high]
    ld [hl], a
    ld a, [lane]
    cp WAVE
    jp z, wave
    jp nc, noise
    ld d, $11           ; the register of the duty
    dec a
    jr z, pulse
    ld d, $16
pulse:
    ld a, [code]
    and $C0
    or e
    jr z, .duty_held
    ld a, [tone_high]
    and $C0
    ld h, $FF
    ld l, d
    ld [hl], a
.duty_held:
    ld a, d
    add 2
    call put_low
    ld hl, LEVEL
    add hl, bc
    ld a, [hl]
    and $F0
    ld hl, PLUG
    add hl, bc
    or [hl]
    ld hl, HELD_LEVEL
    add hl, bc
    cp [hl]
    jr nz, .louder
    inc e
    dec e
    jr z, .level_held
.louder:
    ld [hl], a
    ld h, $FF
    ld l, d
    inc l
    ld [hl+], a
    inc hl
    ld a, [tone_high]
    and $07
    or $80
    ld [hl], a
    ret
.level_held:
    ld a, [code]
    and $07
    ret z
    ld a, [tone_high]
    and $07
    ld h, $FF
    ld l, d
    inc l
    inc l
    inc l
    ld [hl], a
    ret

wave:
    ld a, $1D
    call put_low
    ld hl, LEVEL
    add hl, bc
    ld a, [hl]
    and $F0
    ld hl, HELD_LEVEL
    add hl, bc
    cp [hl]
    jr nz, .louder
    inc e
    dec e
    jr z, .level_held
.louder:
    ld [hl], a
    ldh [$FF1C], a
.level_held:
    ld a, [tone_high]
    inc e
    dec e
    jr z, .no_trigger
    or $80
    ldh [$FF1E], a
    ret
.no_trigger:
    ld a, [code]
    or a
    ret z
    ld a, [tone_high]
    ldh [$FF1E], a
    ret

noise:
    xor a
    inc e
    dec e
    jr z, .no_length
    ldh [$FF20], a
.no_length:
    ld a, $22
    call put_low
    ld a, [fresh]
    cp 2
    jr nz, .no_note
    ld hl, LEVEL
    add hl, bc
    ld a, [hl]
    cp $10
    jr c, .no_note
    ld e, 1             ; a drum begins
.no_note:
    ld hl, LEVEL
    add hl, bc
    ld a, [hl]
    ld hl, HELD_LEVEL
    add hl, bc
    cp [hl]
    jr nz, .louder
    inc e
    dec e
    ret z
.louder:
    ld [hl], a
    ldh [$FF21], a
    ld a, $80
    ldh [$FF23], a
    ret

; The tone's lower byte to the register A, if it is new.
put_low:
    ld hl, HELD_LOW
    add hl, bc
    push af
    ld a, [tone_low]
    cp [hl]
    jr nz, .new
    inc e
    dec e
    jr nz, .new
    pop af
    ret
.new:
    ld [hl], a
    pop af
    ld h, $FF
    ld l, a
    ld a, [tone_low]
    ld [hl], a
    ret

; The next step of the level: its count is within it, or behind it.
step_level:
    ld hl, LEVELS
    add hl, bc
    ld a, [hl+]
    ld e, a
    ld d, [hl]
    ld a, [lane]
    cp NOISE
    jr z, .whole
    ld a, [de]
    and $F0
    ld hl, LEVEL
    add hl, bc
    ld [hl], a
    ld a, [de]
    inc de
    and $0F
    jr nz, .counted
    jr .behind
.whole:
    ld a, [de]
    inc de
    ld hl, LEVEL
    add hl, bc
    ld [hl], a
.behind:
    ld a, [de]
    inc de
.counted:
    ld hl, LEVEL_LEFT
    add hl, bc
    ld [hl], a
    ld hl, LEVELS
    add hl, bc
    ld a, e
    ld [hl+], a
    ld [hl], d
    ret

; The next step of the tone: how far it moves and for how many frames, or something else.
step_tone:
    ld hl, BEND
    add hl, bc
    ld a, [hl+]
    ld e, a
    ld d, [hl]
.again:
    ld a, [de]
    and $03
    jr z, .control
    ld hl, BEND_LEFT
    add hl, bc
    ld [hl+], a
    ld a, [de]
    inc de
    sra a
    sra a
    add [hl]            ; TONE
    ld [hl], a
    jr .done
.control:
    ld a, [de]
    inc de
    or a
    ret z               ; hold
    cp $08
    jr z, .back
    jr nc, .pause
    ld hl, TONE
    add hl, bc
    ld a, [de]
    inc de
    ld [hl+], a
    ld a, [de]
    inc de
    ld [hl], a
.pause:
    ld a, [de]
    inc de
    ld hl, BEND_LEFT
    add hl, bc
    ld [hl], a
.done:
    ld hl, BEND
    add hl, bc
    ld a, e
    ld [hl+], a
    ld [hl], d
    ret
.back:
    ld a, [de]
    ld l, a
    dec de
    ld a, e
    sub l
    ld e, a
    ld a, d
    sbc 0
    ld d, a
    jr .again
