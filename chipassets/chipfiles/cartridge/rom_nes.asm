; A cartridge of 32 KiB (NROM) that plays the songs of chipassets, to be heard and to be copied from.
; Left and right choose a song, start plays it again or stops it, A is a sound effect over it.
;
;   ca65 -D MUSIC_HOOK player.asm && ca65 rom.asm && ld65 -C rom.cfg player.o rom.o -o album.nes

.import music_init, music_play, music_stop, music_mute, songs, names, game_name
.importzp SONGS
.export music_hook

NAME_LETTERS = 24
EFFECT_FRAMES = 24
EFFECT_VOICE = $02      ; pulse 2
KEY_A = $80
KEY_START = $10
KEY_LEFT = $02
KEY_RIGHT = $01

.segment "HEADER"
        .byte $4E,$45,$53,$1A,2,1,1,0,0,0,0,0,0,0,0,0

.segment "ZEROPAGE"
text:           .res 2

.segment "BSS"
song:           .res 1
shown:          .res 1          ; the song whose name is on the screen, and 1
sounds:         .res 1
keys:           .res 1
keys_before:    .res 1
effect_left:    .res 1

.segment "CODE"
reset:  sei
        cld
        ldx #$FF
        txs
        inx
        stx $2000
        stx $2001
        stx $4010
        lda #$40
        sta $4017
        bit $2002
warm:   bit $2002
        bpl warm
        txa
clear:  sta $0000,x
        sta $0100,x
        sta $0200,x
        sta $0300,x
        sta $0400,x
        sta $0500,x
        sta $0600,x
        sta $0700,x
        inx
        bne clear
ready:  bit $2002
        bpl ready
        lda #$3F
        sta $2006
        lda #$00
        sta $2006
        ldx #16
colour: lda #$0F
        sta $2007
        lda #$30
        sta $2007
        dex
        bne colour
        lda #$20
        sta $2006
        stx $2006
        ldy #4
        txa                     ; the space is picture 0
empty:  sta $2007
        sta $2007
        sta $2007
        sta $2007
        dex
        bne empty
        dey
        bne empty
        lda #<game_name
        ldx #>game_name
        ldy #$C4
        jsr write
        jsr start
        lda #$80
        sta $2000
        lda #$0A
        sta $2001
forever:
        jmp forever

; A name to the screen: its address in A and X, its place in Y.
write:  sta text
        stx text+1
        lda #$20
        sta $2006
        sty $2006
        ldy #0
letter: lda (text),y
        sec
        sbc #$20
        sta $2007
        iny
        cpy #NAME_LETTERS
        bne letter
        rts

start:  lda song
        asl a
        tay
        lda songs+1,y
        tax
        lda songs,y
        jsr music_init
        lda #1
        sta sounds
        rts

picture:
        pha
        txa
        pha
        tya
        pha
        ldx song
        inx
        cpx shown
        beq named
        stx shown
        lda song
        asl a
        tay
        lda names+1,y
        tax
        lda names,y
        ldy #$E4
        jsr write
        lda #0
        sta $2005
        sta $2005
named:  jsr music_play
        lda keys
        sta keys_before
        lda #1
        sta $4016
        lsr a
        sta $4016
        ldx #8
key:    lda $4016
        lsr a
        rol keys
        dex
        bne key
        lda keys_before
        eor #$FF
        and keys
        tax
        and #KEY_RIGHT
        beq no_right
        ldy song
        iny
        cpy #SONGS
        bcc chosen
        ldy #0
        beq chosen              ; always
no_right:
        txa
        and #KEY_LEFT
        beq no_left
        ldy song
        bne before
        ldy #SONGS
before: dey
chosen: sty song
        jsr start
        jmp done
no_left:
        txa
        and #KEY_START
        beq no_start
        lda sounds
        beq again
        jsr music_stop
        lda #0
        sta sounds
        jmp done
again:  jsr start
        jmp done
no_start:
        txa
        and #KEY_A
        beq done
        lda #EFFECT_FRAMES
        sta effect_left
done:   pla
        tay
        pla
        tax
        pla
none:   rti

; The effect takes pulse 2 from the music: a tone that rises and fades.
music_hook:
        lda effect_left
        beq quiet
        dec effect_left
        beq given_back
        lda music_mute
        ora #EFFECT_VOICE
        sta music_mute
        lda effect_left
        lsr a
        ora #$B0
        sta $4004
        lda #$08
        sta $4005
        sta $4007
        lda effect_left
        asl a
        asl a
        adc #$30
        sta $4006
quiet:  rts
given_back:
        lda music_mute
        and #$FF-EFFECT_VOICE
        sta music_mute
        rts

.segment "VECTORS"
        .word picture,reset,none
