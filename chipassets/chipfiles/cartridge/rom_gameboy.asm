; A cartridge of 32 KiB that plays the songs of chipassets, to be heard and to be copied from.
; Left and right choose a song, start plays it again or stops it, A is a sound effect over it.
;
;   rgbasm -D MUSIC_HOOK -o player.o player.asm && rgbasm -o rom.o rom.asm
;   rgblink -t -o album.gb player.o rom.o && rgbfix -v -p 0xFF album.gb

EXPORT music_hook

DEF NAME_LETTERS EQU 20
DEF LETTERS EQU 64
DEF EFFECT_FRAMES EQU 24
DEF KEY_A EQU $10
DEF KEY_START EQU $80
DEF KEY_LEFT EQU $02
DEF KEY_RIGHT EQU $01

SECTION "picture", ROM0[$40]
    reti

SECTION "entry", ROM0[$100]
    nop
    jp reset
    ds $4C              ; the cartridge's header

SECTION "rom state", WRAM0
song:           ds 1
shown:          ds 1    ; the song whose name is on the screen, and 1
sounds:         ds 1
keys:           ds 1
effect_left:    ds 1

SECTION "rom", ROM0
reset:
    di
    ld sp, $E000
.late:
    ldh a, [$FF44]
    cp 144
    jr nz, .late
    xor a
    ldh [$FF40], a
    ld [song], a
    ld [shown], a
    ld [keys], a
    ld [effect_left], a
    ld [music_mute], a
    ld hl, $8000
    ld de, font
    ld bc, LETTERS * 8
.letter:
    ld a, [de]
    inc de
    ld [hl+], a
    ld [hl+], a
    dec bc
    ld a, b
    or c
    jr nz, .letter
    ld hl, $9800
    ld bc, $0400
.empty:
    xor a
    ld [hl+], a
    dec bc
    ld a, b
    or c
    jr nz, .empty
    ld a, $E4
    ldh [$FF47], a
    ld de, game_name
    ld hl, $9800 + 6 * 32
    call write
    call start
    ld a, 1
    ldh [$FFFF], a
    ld a, $91
    ldh [$FF40], a
    ei
forever:
    halt
    nop
    call show
    call music_play
    call act
    jr forever

; A name at DE to the screen's HL.
write:
    ld b, NAME_LETTERS
.letter:
    ld a, [de]
    inc de
    sub $20
    ld [hl+], a
    dec b
    jr nz, .letter
    ret

; The word of the table at HL that belongs to the song, to HL.
of_song:
    ld a, [song]
    add a, a
    ld e, a
    ld d, 0
    add hl, de
    ld a, [hl+]
    ld h, [hl]
    ld l, a
    ret

start:
    ld hl, songs
    call of_song
    call music_init
    ld a, 1
    ld [sounds], a
    ret

show:
    ld a, [song]
    inc a
    ld hl, shown
    cp [hl]
    ret z
    ld [hl], a
    ld hl, names
    call of_song
    ld d, h
    ld e, l
    ld hl, $9800 + 8 * 32
    jr write

act:
    ld a, $20           ; the cross
    ldh [$FF00], a
    ldh a, [$FF00]
    ldh a, [$FF00]
    cpl
    and $0F
    ld b, a
    ld a, $10           ; the buttons
    ldh [$FF00], a
    ldh a, [$FF00]
    ldh a, [$FF00]
    ldh a, [$FF00]
    cpl
    and $0F
    swap a
    or b
    ld b, a
    ld hl, keys
    ld a, [hl]
    cpl
    and b               ; what has been pressed
    ld [hl], b
    ld b, a
    and KEY_RIGHT
    jr z, .no_right
    ld a, [song]
    inc a
    cp SONGS
    jr c, .chosen
    xor a
.chosen:
    ld [song], a
    jr start
.no_right:
    ld a, b
    and KEY_LEFT
    jr z, .no_left
    ld a, [song]
    or a
    jr nz, .before
    ld a, SONGS
.before:
    dec a
    jr .chosen
.no_left:
    ld a, b
    and KEY_START
    jr z, .no_start
    ld a, [sounds]
    or a
    jr z, start
    xor a
    ld [sounds], a
    jp music_stop
.no_start:
    ld a, b
    and KEY_A
    ret z
    ld a, EFFECT_FRAMES
    ld [effect_left], a
    ret

; The effect takes pulse 2 from the music: a tone that rises and fades.
music_hook:
    ld hl, effect_left
    ld a, [hl]
    or a
    ret z
    dec [hl]
    ld hl, music_mute
    jr z, .given_back
    set 1, [hl]
    ld b, a
    ld a, $80
    ldh [$FF16], a
    ld a, b
    srl a
    swap a
    or $08
    ldh [$FF17], a
    ld a, b
    add a, a
    cpl
    ldh [$FF18], a
    ld a, $87
    ldh [$FF19], a
    ret
.given_back:
    res 1, [hl]
    ret
